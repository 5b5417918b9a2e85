/** Who signs artifacts and whose signatures are accepted: what a person reads who got it wrong, and a right one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { sshSigner } from '../../src/artifacts/signing.ts';
import { signatureRules } from '../../src/compose/adapters.ts';
import { loadConfig } from '../../src/config/load.ts';
import { privateKeyFlaw } from '../../src/transport/private-key.ts';
import { newKey } from '../harness/ssh-node.ts';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

const accepting = (rest: string) => SMALL.replace('unsigned: accept', rest);

test('a key and allowed signers are given by their absolute paths', async () => {
  const at = await folder();
  const key = await write(join(at, 'key'), newKey().private);
  await write(join(at, 'allowed'), 'bot namespaces="aws-bot" ssh-ed25519 AAAA\n', 0o644);
  const path = await write(join(at, 'stratobot.yml'), accepting('allowed_signers: allowed'));
  const env = { ...SECRETS, STRATOBOT_SIGNING_KEY_FILE: key };
  const config = await loadConfig(path, env, privateKeyFlaw);
  expect(config.signingKeyFile).toBe(key);
  expect(config.publishers[0]).toMatchObject({ allowedSigners: join(at, 'allowed'), unsigned: 'refuse' });
});

test('whoever publishes needs nobody’s private key', async () => {
  const at = await folder();
  const { private: secret, public: known } = newKey();
  const keyFile = await write(join(at, 'key'), secret);
  await write(join(at, 'allowed'), `builder namespaces="aws-bot" ${known}\n`, 0o644);
  const path = await write(join(at, 'stratobot.yml'), accepting('allowed_signers: allowed'));
  const signature = await sshSigner({ keyFile, namespace: 'aws-bot' }).sign('a tarball');
  await rm(keyFile);
  const rule = signatureRules(await loadConfig(path, SECRETS, privateKeyFlaw))('software.eessi.io');
  const verdict = async (content: string) => rule?.verifier.verify(Readable.from([content]), signature);
  expect(await verdict('a tarball')).toEqual({ ok: true, signer: 'builder' });
  expect(await verdict('another')).toMatchObject({ ok: false });
});

test('unsigned artifacts are refused unless the file says otherwise, so somebody has to be named', async () => {
  expect(await problemsOf(accepting('unsigned: refuse'))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 26: nothing says whose signatures are accepted for \`software.eessi.io\`; name a file as \`allowed_signers\`, or write \`unsigned: accept\`
       26 |   - repository: software.eessi.io
          |                 ^^^^^^^^^^^^^^^^^"
  `);
  expect(await problemsOf(accepting('allowed_signers: nowhere'))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 28: there is no file \`nowhere\`; see “Signing” in docs/manual/running.md for what is in it
       28 |     allowed_signers: nowhere
          |                      ^^^^^^^"
  `);
});

test('a key that is open to others, locked, none, or in a variable', async () => {
  const at = await folder();
  const problems = async (content: string, mode = 0o600) => {
    const key = await write(join(at, 'key'), content, mode);
    const told = await problemsOf(SMALL, { ...SECRETS, STRATOBOT_SIGNING_KEY_FILE: key }, at);
    expect(told).not.toContain('PRIVATE KEY');
    return told;
  };
  expect(await problems(newKey().private, 0o644)).toMatchInlineSnapshot(
    `"STRATOBOT_SIGNING_KEY_FILE: \`key\` is open to every user of this machine (mode 0644); run \`chmod 600 key\`"`,
  );
  expect(await problems(newKey('sesame').private)).toMatchInlineSnapshot(
    `"STRATOBOT_SIGNING_KEY_FILE: \`key\` holds no private key without a passphrase; make one with \`ssh-keygen -t ed25519 -N ''\`"`,
  );
  expect(await problems('nonsense')).toMatchInlineSnapshot(
    `"STRATOBOT_SIGNING_KEY_FILE: \`key\` holds no private key without a passphrase; make one with \`ssh-keygen -t ed25519 -N ''\`"`,
  );
  const inVariable = { ...SECRETS, STRATOBOT_SIGNING_KEY: newKey().private };
  expect(await problemsOf(SMALL, inVariable)).toMatchInlineSnapshot(
    `"STRATOBOT_SIGNING_KEY: is not read; set \`STRATOBOT_SIGNING_KEY_FILE\` to the path of the key"`,
  );
});
