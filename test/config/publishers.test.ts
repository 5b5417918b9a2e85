/** Where content is published: what a person reads who got it wrong, and what a right one comes to. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summary } from '../../src/commands/check-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { newKey } from '../harness/ssh-node.ts';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgYW4gZXhhbXBsZSwgbm8gcmVhbCBrZXku';
const publishing = (how: string) => SMALL.replace('directory: { root: /srv/www/cvmfs }', how);
const cvmfs = (rest: string) =>
  publishing(`cvmfs:
      stratum0_url: http://stratum0.example.org/
      state_dir: /var/lib/stratobot
      ${rest}`);

test('a Stratum 0 on this machine gets every default', async () => {
  const at = await folder();
  const config = await loadConfig(await write(join(at, 'stratobot.yml'), cvmfs('local: true')), SECRETS);
  expect(config.publishers).toEqual([
    {
      repository: 'software.eessi.io',
      allowedSigners: null,
      unsigned: 'accept',
      kind: 'cvmfs',
      ssh: null,
      stratum0Url: 'http://stratum0.example.org',
      stateDir: '/var/lib/stratobot',
      cvmfsServer: 'cvmfs_server',
      mountRoot: '/cvmfs',
      storage: '/srv/cvmfs',
      cacheHook: [],
      othersSeconds: 600,
      webSeconds: 120,
    },
  ]);
});

test('a Stratum 0 behind SSH, with everything said', async () => {
  const at = await folder();
  await write(join(at, 'id'), newKey().private);
  const text = cvmfs(`ssh: { host: s0.example.org, user: owner, host_key: '${HOST_KEY}', identity_file: id }
      cvmfs_server: /usr/bin/cvmfs_server
      mount_root: /mnt/cvmfs
      storage: false
      cache_hook: [/usr/local/bin/renew-caches, --quiet]
      wait_for_others: 1h
      wait_for_web: 5m`);
  const config = await loadConfig(await write(join(at, 'stratobot.yml'), text), SECRETS);
  expect(config.publishers[0]).toMatchObject({
    ssh: { host: 's0.example.org', user: 'owner', identity: { privateKey: expect.any(String) }, jump: [] },
    cvmfsServer: '/usr/bin/cvmfs_server',
    mountRoot: '/mnt/cvmfs',
    storage: null,
    cacheHook: ['/usr/local/bin/renew-caches', '--quiet'],
    othersSeconds: 3600,
    webSeconds: 300,
  });
  expect(summary(config)).toContain(
    'publishes   software.eessi.io to CernVM-FS, /usr/bin/cvmfs_server on owner@s0.example.org:22, served at http://stratum0.example.org\n',
  );
});

test('no publisher, two, a Stratum 0 reached no way and two ways', async () => {
  expect(await problemsOf(publishing('{}').replace('    {}\n', ''))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 26: \`publishers[0]\` has neither \`directory\` nor \`cvmfs\`
       26 |   - repository: software.eessi.io
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            expected one of them"
  `);
  expect(
    await problemsOf(cvmfs('local: true').replace('    cvmfs:', '    directory: { root: x }\n    cvmfs:')),
  ).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 26: \`publishers[0]\` has both \`directory\` and \`cvmfs\`
       26 |   - repository: software.eessi.io
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            expected one of them"
  `);
  expect(await problemsOf(cvmfs(''))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 27: \`publishers[0].cvmfs\` has neither \`ssh\` nor \`local\`
       27 |     cvmfs:
          |     ^^^^^
            expected one of them"
  `);
  const both = `local: true\n      ssh: { host: h, user: u, host_key: '${HOST_KEY}' }`;
  expect(await problemsOf(cvmfs(both))).toMatchInlineSnapshot(`
    "stratobot.yml: 2 problems

    line 27: \`publishers[0].cvmfs\` has both \`ssh\` and \`local\`
       27 |     cvmfs:
          |     ^^^^^
            expected one of them

    line 31: \`publishers[0].cvmfs.ssh\` has neither \`identity_file\` nor \`agent\`
       31 |       ssh: { host: h, user: u, host_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgYW4gZXhhbX
          |       ^^^
            expected one of them"
  `);
});

test('paths that cvmfs_server would split, keys that are not there, a misspelt key', async () => {
  const text = cvmfs(`ssh: { host: h, user: u, host_key: '${HOST_KEY}', identity_file: nowhere }`);
  expect(await problemsOf(text)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 30: \`nowhere\` does not exist; mend the path
       30 | ku', identity_file: nowhere }
          |                     ^^^^^^^"
  `);
  const spaces = cvmfs('local: true\n      storage: srv').replace(
    '/var/lib/stratobot',
    '/var/lib/strato bot',
  );
  expect(await problemsOf(spaces)).toMatchInlineSnapshot(`
    "stratobot.yml: 2 problems

    line 29: \`publishers[0].cvmfs.state_dir\` is the text "/var/lib/strato bot"
       29 |       state_dir: /var/lib/strato bot
          |                  ^^^^^^^^^^^^^^^^^^^
            expected an absolute path on the Stratum 0, of letters, digits, \`.\`, \`_\` and \`-\`; for example \`state_dir: /var/lib/stratobot\`

    line 31: \`publishers[0].cvmfs.storage\` is the text "srv"
       31 |       storage: srv
          |                ^^^
            expected the folder on the Stratum 0 that holds the objects of the repository, or \`false\` where they are in S3; for example \`storage: /srv/cvmfs\`"
  `);
  expect(await problemsOf(cvmfs('local: true\n      stratum_url: x'))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 31: unknown key \`stratum_url\` in \`publishers[0].cvmfs\`; did you mean \`stratum0_url\`?
       31 |       stratum_url: x
          |       ^^^^^^^^^^^"
  `);
});
