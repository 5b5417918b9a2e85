/** From a comment to a published revision, signed on the way; and a signature that somebody changed in the store. */
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sshSigner } from '../../src/artifacts/signing.ts';
import { botTest } from '../harness/bot-test.ts';
import { newKey } from '../harness/ssh-node.ts';
import type { Stage } from '../harness/stage.ts';
import { STAGING } from '../harness/surroundings.ts';

const stored = async ({ around, deployIs }: Stage) => {
  const { artifacts } = await deployIs('open');
  return join(around.dir, 'artifacts', artifacts[0]?.key ?? '');
};

botTest('what is built is signed, and its signature is looked at before it is published', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  const file = await stored(stage);
  for (const signature of [`${file}.sig`, `${file}.meta.txt.sig`]) {
    expect(await readFile(signature, 'utf8')).toMatch(/^-----BEGIN SSH SIGNATURE-----/);
  }
  stage.skip(STAGING, number);
  await stage.approve('ana', number);
  expect(await stage.said()).toContain('as revision 1 of');
});

botTest('a signature by somebody else is an incident: nothing is published', async (stage) => {
  stage.expectComplaint('approved artifacts did not pass verification', 'deploy failed');
  await stage.built();
  const number = await stage.deployPr();
  const file = await stored(stage);
  const keyFile = join(stage.around.dir, 'stranger');
  await writeFile(keyFile, newKey().private, { mode: 0o600 });
  const { instance } = stage.bot.world.catalogue;
  const forged = await sshSigner({ keyFile, namespace: instance }).sign(await readFile(file, 'latin1'));
  await writeFile(`${file}.sig`, forged);
  await stage.approve('ana', number);
  stage.skip(STAGING, number);
  expect(await stage.said()).toMatchInlineSnapshot(`
    "**Nothing was published.** What was fetched for ingest is not what was approved:

    - \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`: Its signature was made with a key that is not among the allowed signers.

    An administrator has to look at the artifact store before this is tried again."
  `);
  expect(await stage.issue()).toMatchInlineSnapshot(`
    "# Deploy 1 of stack/software-layer#1 was not published
    **Nothing was published.** What was fetched for ingest is not what was approved:

    - \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`: Its signature was made with a key that is not among the allowed signers.

    An administrator has to look at the artifact store before this is tried again.

    The deploy PR is #1, for \`software.eessi.io\`: 1 tarball with digest sha256:…. Close this issue when it is settled."
  `);
  expect((await stage.deployIs('failed')).state).toMatchObject({
    incident: [expect.stringContaining('signature')],
  });
  expect(readdirSync(stage.around.publishRoot)).toEqual([]);
});
