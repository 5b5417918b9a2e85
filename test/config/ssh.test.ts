/** What a person reads who got the ways to the nodes wrong; and who the bot is on each host when they are right. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { privateKeyFlaw } from '../../src/transport/private-key.ts';
import { newKey } from '../harness/ssh-node.ts';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

test('an SSH host without an identity, with two, with a passphrase for nothing', async () => {
  const ssh = (rest: string) => `ssh: { host: h, user: u, host_key: '${HOST_KEY}'${rest} }`;
  const nodes = [
    `- { name: n1, ${ssh('')} }`,
    `- { name: n2, ${ssh(', agent: true, identity_file: id')} }`,
    `- { name: n3, ${ssh(', agent: true, passphrase_file: secret')} }`,
  ].join('\n      ');
  const text = SMALL.replace('- { name: here, local: true }', nodes);
  const at = await folder();
  await write(join(at, 'id'), newKey().private);
  const env = { ...SECRETS, SSH_AUTH_SOCK: await agentSocket() };
  expect(await problemsOf(text, env, at)).toMatchInlineSnapshot(`
    "stratobot.yml: 3 problems

    line 22: \`pools[0].nodes[0].ssh\` has neither \`identity_file\` nor \`agent\`
       22 |       - { name: n1, ssh: { host: h, user: u, host_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMg
          |                     ^^^
            expected one of them

    line 23: \`pools[0].nodes[1].ssh\` has both \`identity_file\` and \`agent\`
       23 |       - { name: n2, ssh: { host: h, user: u, host_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMg
          |                     ^^^
            expected one of them

    line 24: \`pools[0].nodes[2].ssh\` has a \`passphrase_file\`, but no \`identity_file\` that it could open; name the key, or leave the passphrase out
       24 | ZXku', agent: true, passphrase_file: secret } }
          |                     ^^^^^^^^^^^^^^^"
  `);
});

test('agents that are not there, keys and passphrases that do not fit', async () => {
  const at = await folder();
  await write(join(at, 'locked'), newKey('open sesame').private);
  await write(join(at, 'nonsense'), 'nonsense');
  await write(join(at, 'wrong'), 'hunter2');
  await write(join(at, 'loose'), 'open sesame', 0o644);
  const node = (name: string, rest: string) => `
      - name: ${name}
        ssh:
          host: h
          user: u
          host_key: '${HOST_KEY}'
          ${rest.replaceAll('\n', '\n          ')}`;
  const nodes = [
    node('n1', 'agent: true'),
    node('n2', 'agent: ./nonsense'),
    node('n3', 'identity_file: nonsense'),
    node('n4', 'identity_file: locked'),
    node('n5', 'identity_file: locked\npassphrase_file: wrong'),
    node('n6', 'identity_file: locked\npassphrase_file: loose'),
    node(
      'n7',
      `identity_file: nonsense\njump:\n  - { host: j, user: u, host_key: '${HOST_KEY}', identity_file: locked }`,
    ),
  ].join('');
  const text = SMALL.replace('\n      - { name: here, local: true }', nodes);
  const printed = await problemsOf(text, SECRETS, at);
  expect(printed).toMatchInlineSnapshot(`
    "stratobot.yml: 8 problems

    line 27: there is no agent: \`SSH_AUTH_SOCK\` is not set; start the bot where an ssh-agent is, or name the path of its socket
       27 |           agent: true
          |                  ^^^^

    line 33: \`./nonsense\` is not the socket of an agent; start ssh-agent, or mend the path
       33 |           agent: ./nonsense
          |                  ^^^^^^^^^^

    line 39: \`nonsense\` holds no private key that can be used; make one with \`ssh-keygen -t ed25519\`
       39 |           identity_file: nonsense
          |                          ^^^^^^^^

    line 45: \`locked\` is locked with a passphrase, and none is given; set \`STRATOBOT_SSH_PASSPHRASE_FILE\`, or \`passphrase_file\` beside it
       45 |           identity_file: locked
          |                          ^^^^^^

    line 51: the passphrase in \`wrong\` does not open \`locked\`; try it with \`ssh-keygen -y -f\` and the key
       51 |           identity_file: locked
          |                          ^^^^^^

    line 59: \`loose\` is open to every user of this machine (mode 0644); run \`chmod 600 loose\`
       59 |           passphrase_file: loose
          |                            ^^^^^

    line 65: \`nonsense\` holds no private key that can be used; make one with \`ssh-keygen -t ed25519\`
       65 |           identity_file: nonsense
          |                          ^^^^^^^^

    line 67: \`locked\` is locked with a passphrase, and none is given; set \`STRATOBOT_SSH_PASSPHRASE_FILE\`, or \`passphrase_file\` beside it
       67 | ku', identity_file: locked }
          |                     ^^^^^^"
  `);
  expect(printed).not.toMatch(/hunter2|open sesame/);
  const wrong = { ...SECRETS, STRATOBOT_SSH_PASSPHRASE: 'hunter2' };
  const only = SMALL.replace('\n      - { name: here, local: true }', node('n1', 'identity_file: locked'));
  expect(await problemsOf(only, wrong, at)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 27: the passphrase in \`STRATOBOT_SSH_PASSPHRASE\` does not open \`locked\`; try it with \`ssh-keygen -y -f\` and the key
       27 |           identity_file: locked
          |                          ^^^^^^"
  `);
});

test('a passphrase in the file', async () => {
  const ssh = `ssh: { host: h, user: u, host_key: '${HOST_KEY}', identity_file: id, passphrase: hunter2 }`;
  const printed = await problemsOf(SMALL.replace('local: true', ssh));
  expect(printed).not.toContain('hunter2');
  expect(printed).toContain(
    '`passphrase` is a secret, and secrets are not read from this file; set the environment variable `STRATOBOT_SSH_PASSPHRASE`',
  );
});

test('identities of nodes and of the hosts on the way to them', async () => {
  const at = await folder();
  const keys = { node: newKey('open sesame').private, jump: newKey('own').private };
  await write(join(at, 'node'), keys.node);
  await write(join(at, 'jump'), keys.jump);
  await write(join(at, 'own'), 'own\n');
  const place = (host: string, rest = '') => `host: ${host}, user: u, host_key: '${HOST_KEY}'${rest}`;
  const jump = `[{ ${place('j1')} }, { ${place('j2', ', identity_file: jump, passphrase_file: own')} }]`;
  const text = SMALL.replace(
    '- { name: here, local: true }',
    `- { name: n1, ssh: { ${place('h')}, identity_file: node, jump: ${jump} } }
      - { name: n2, ssh: { ${place('h')}, agent: true, jump: [{ ${place('j1')} }] } }`,
  );
  const socket = await agentSocket();
  const env = { ...SECRETS, SSH_AUTH_SOCK: socket, STRATOBOT_SSH_PASSPHRASE: 'open sesame' };
  const config = await loadConfig(await write(join(at, 'stratobot.yml'), text), env, privateKeyFlaw);
  const [n1, n2] = config.pools[0]?.nodes.map((node) => node.ssh) ?? [];
  const node = { privateKey: keys.node, passphrase: 'open sesame' };
  expect(n1?.identity).toEqual(node);
  expect(n1?.jump.map((hop) => hop.identity)).toEqual([node, { privateKey: keys.jump, passphrase: 'own' }]);
  expect([n2?.identity, n2?.jump[0]?.identity]).toEqual([{ agent: socket }, { agent: socket }]);
});

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgYW4gZXhhbXBsZSwgbm8gcmVhbCBrZXku';

/** A socket that could be an agent's. */
async function agentSocket(): Promise<string> {
  const path = join(await folder(), 'agent');
  const server = createServer().listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return path;
}
