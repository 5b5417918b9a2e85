/** From a comment to a published revision, signed on the way; and a signature that somebody changed in the store. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

const publicKey = async ({ around }: Stage) =>
  (await readFile(join(around.dir, 'allowed_signers'), 'utf8')).split(' ').slice(2).join(' ');

botTest('what is built is signed, and its signature is looked at before it is published', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  const file = await stored(stage);
  for (const signature of [`${file}.sig`, `${file}.meta.txt.sig`]) {
    expect(await readFile(signature, 'utf8')).toMatch(/^-----BEGIN SSH SIGNATURE-----/);
  }
  const { github } = stage;
  const [deployPr] = github.pullRequests(STAGING);
  const place = `staged/stack/software-layer/pr-1/deploy-1/${basename(file)}`;
  for (const ending of ['.meta.txt', '.meta.txt.sig']) {
    const shown = await github.fileAt(
      STAGING,
      `stratobot/${stage.bot.world.catalogue.instance}/deploy-1`,
      `${place}${ending}`,
    );
    expect(shown).toBe(await readFile(`${file}${ending}`, 'utf8'));
  }
  const key = execFileSync('ssh-keygen', ['-lf', '-'], { encoding: 'utf8', input: await publicKey(stage) });
  expect(deployPr?.body).toContain(`Signed with \`${key.split(' ')[1]}\`.`);
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

    This is about a deploy of 1 tarball for \`software.eessi.io\`, digest \`sha256:…\`; its deploy PR is #1. Close this issue when it is settled."
  `);
  expect((await stage.deployIs('failed')).state).toMatchObject({
    incident: [expect.stringContaining('signature')],
  });
  expect(readdirSync(stage.around.publishRoot)).toEqual([]);
});

botTest('metadata that somebody changed in the store is an incident: nothing is published', async (stage) => {
  stage.expectComplaint('approved artifacts did not pass verification', 'deploy failed');
  await stage.built();
  const number = await stage.deployPr();
  const file = `${await stored(stage)}.meta.txt`;
  await writeFile(file, (await readFile(file, 'utf8')).replace('stack/software-layer', 'stack/other'));
  await stage.approve('ana', number);
  stage.skip(STAGING, number);
  expect(await stage.said()).toMatch(/Of its metadata: Its signature by demo-bot is of other bytes\./);
  expect(await stage.issue()).toContain('Of its metadata');
  expect(readdirSync(stage.around.publishRoot)).toEqual([]);
});
