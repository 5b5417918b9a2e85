/** From a comment to a revision in CernVM-FS: signed, by SSH, on the stand-in of cvmfs_server. */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { checkWorld } from '../../src/compose/check-world.ts';
import { loadConfig } from '../../src/config/load.ts';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import { type CvmfsBench, cvmfsBench } from '../harness/cvmfs-server/bench.ts';
import type { Replica } from '../harness/cvmfs-server/stratum.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

let bench: CvmfsBench;
let replica: Replica;
let node: SshNode;
let identityFile: string;

beforeEach(async () => {
  bench = await cvmfsBench();
  replica = await bench.cvmfs.replica();
  const key = newKey();
  identityFile = join(bench.cvmfs.root, 'id');
  await writeFile(identityFile, key.private, { mode: 0o600 });
  node = await startSshNode({ root: bench.cvmfs.root, authorizedKey: key.public });
});
afterEach(async () => {
  await node.close();
  await bench.close();
});

/** The publisher of the stand-in, reached by SSH, instead of the folder. */
const configure = (config: ConfigDraft) => {
  const { host, port, user, hostKey } = node;
  const { cvmfs, stateDir, stratum0 } = bench;
  config.publishers = config.publishers.map(({ repository, allowed_signers }) => ({
    repository,
    allowed_signers,
    cvmfs: {
      ssh: { host, port, user, host_key: hostKey, identity_file: identityFile },
      stratum0_url: stratum0.url,
      state_dir: stateDir,
      cvmfs_server: cvmfs.command,
      mount_root: cvmfs.mountRoot,
      storage: cvmfs.storage,
      wait_for_others: '1s',
    },
  }));
};

botTest(
  'an approved deploy becomes a tagged revision, and the Stratum 0 is as it was otherwise',
  async (stage) => {
    await stage.built();
    const number = await stage.deployPr();
    stage.skip(STAGING, number);
    await stage.approve('ana', number);
    expect(await stage.said()).toMatch(/^\*\*Published\*\* as revision 3 of `software.eessi.io`/);
    expect(bench.cvmfs.state().tags.at(-1)).toMatchObject({ name: 'stratobot-1', revision: 3 });
    expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
    expect(readdirSync(join(bench.stateDir, bench.cvmfs.name))).toEqual([]);

    const config = await loadConfig(stage.around.configFile, stage.around.env);
    const told = [];
    for await (const { name, ok, detail } of checkWorld(config)) {
      if (/Stratum 0|signing/.test(name))
        told.push(`${name}: ${ok} ${detail.replaceAll(/\d+ GiB/g, 'N GiB')}`);
    }
    expect(told).toEqual([
      expect.stringMatching(/^signing key: true \S+ signs for demo-bot-/),
      expect.stringMatching(
        /^Stratum 0 of software.eessi.io: true revision 3, whitelist for 30 days, N GiB free in \S+, N GiB free in/,
      ),
    ]);
  },
  { configure },
);

botTest(
  'a Stratum 0 that runs full leaves the repository as it was, and opens an issue that says so',
  async (stage) => {
    stage.expectComplaint('deploy failed');
    bench.cvmfs.fault('storage-full');
    await stage.built();
    const number = await stage.deployPr();
    stage.skip(STAGING, number);
    await stage.approve('ana', number);
    expect(await stage.said()).toContain('the storage of the repository is full');
    expect(await stage.issue()).toContain('the storage of the repository is full');
    expect(bench.cvmfs.state().revision).toBe(1);
    expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
  },
  { configure },
);

botTest(
  'a deploy that waits for somebody else says so once, and is published when they are done',
  async (stage) => {
    stage.expectComplaint('a job failed and will be tried again');
    await stage.built();
    const number = await stage.deployPr();
    await bench.cvmfs.run(['transaction', bench.cvmfs.name]);
    await stage.approve('ana', number);
    expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
    const waits = await stage.saidOnDeploy(number);
    expect(waits).toMatchInlineSnapshot(
      `"**Publishing into \`software.eessi.io\` waits**: Somebody else has a transaction open on software.eessi.io; it is left alone. Stratobot tries again by itself until it works; nothing has to be approved anew."`,
    );
    expect(await stage.said()).toBe(waits);
    await bench.cvmfs.run(['publish', bench.cvmfs.name]);
    expect(await stage.said()).toMatch(/^\*\*Published\*\* as revision 4/);
    expect(await stage.saidOnDeploy(number)).toContain('Ingested as revision 4');
  },
  { configure },
);

botTest(
  'a revision is followed to the Stratum 1; taken back by two people, and so is the one that did it',
  async (stage) => {
    const { comment, said } = stage;
    const check = (text: RegExp) =>
      stage.github.waitFor(
        () =>
          stage.github.checkRuns(SOFTWARE).find(({ title, summary }) => text.test(`${title}\n${summary}`)),
        { timeoutMs: 60_000, what: `a check ${text}` },
      );
    await stage.built();
    const number = await stage.deployPr();
    stage.skip(STAGING, number);
    await stage.approve('ana', number);
    expect(await said()).toContain('as revision 3 of');
    await check(/On 0 of 1/);
    replica.snapshot();
    await check(/Revision 3, everywhere after/);

    await comment('maria', 'bot: rollback');
    expect(await said()).toContain('bot: rollback confirm=software.eessi.io@3');
    await comment('ana', 'bot: rollback confirm=software.eessi.io@3');
    expect(await said()).toContain('@ana confirmed');
    expect(await said()).toMatch(/^\*\*Taken back\*\*: revision 4 of `software.eessi.io` has the content of/);
    expect(bench.cvmfs.state()).toMatchObject({ revision: 4, corrupt: false });
    expect(readdirSync(bench.cvmfs.mount)).toEqual([]);
    await check(/Taken back\n.*On 0 of 1 Stratum 1 server\./s);
    replica.snapshot();
    await check(/Taken back\n.*Everywhere after/s);
  },
  {
    configure(config) {
      configure(config);
      const servers = [{ name: 'eu-1', url: replica.url }];
      config.stratum1 = [{ repository: 'software.eessi.io', within: '1m', servers }];
    },
  },
);
