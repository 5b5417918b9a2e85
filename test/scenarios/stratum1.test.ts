import { afterEach, beforeEach, describe, expect } from 'vitest';
import { reportStatus } from '../../src/workflow/report-status.ts';
import { watchPublication } from '../../src/workflow/watch-publication.ts';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { type Stratum1, startStratum1 } from '../harness/stratum1.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

let servers: [Stratum1, Stratum1];
beforeEach(async () => {
  servers = [await startStratum1(), await startStratum1()];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

const watched = (within: string) => ({
  configure(config: ConfigDraft) {
    const [eu, us] = servers;
    const named = [
      { name: 'eu-1', url: eu.url },
      { name: 'us-1', url: us.url },
    ];
    config.stratum1 = [{ repository: 'software.eessi.io', within, servers: named }];
  },
});

/** jo's pull request, built, deployed, approved; the bot says that it is published. */
async function published(stage: Stage): Promise<void> {
  await stage.built();
  const number = await stage.deployPr();
  stage.skip(STAGING, number);
  await stage.approve('ana', number);
  expect(await stage.said()).toContain('as revision 1 of');
}

const line = (status: string) => status.split('\n').find((one) => one.startsWith('**Published**'));

/** The check `deployed`, once its title fits. */
async function deployedCheck(stage: Stage, title: RegExp) {
  const find = () => stage.github.checkRuns(SOFTWARE).find((run) => title.test(run.title ?? ''));
  const run = await stage.github.waitFor(find, { timeoutMs: 60_000, what: `a check ${title}` });
  return [run.name.replace(/demo-bot-\w+/, 'demo-bot'), run.status, run.conclusion];
}

describe('a published revision', () => {
  botTest(
    'is followed to the last Stratum 1 server',
    async (stage) => {
      const [eu, us] = servers;
      await published(stage);
      expect(line(await stage.status('On 0 of 2'))).toMatchInlineSnapshot(
        `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`). On 0 of 2 Stratum 1 servers."`,
      );
      expect(await deployedCheck(stage, /^On 0 of 2/)).toMatchInlineSnapshot(`
        [
          "demo-bot / deployed / software.eessi.io",
          "in_progress",
          null,
        ]
      `);
      // What was to be looked at later was in the queue; a deploy of a month ago is not looked at for itself.
      await stage.restart(async () => {
        await stage.psql('UPDATE deploys SET moved_at = 0');
        await stage.psql('DROP SCHEMA bullmq CASCADE');
      });
      eu.serves(1);
      expect(line(await stage.status('On 1 of 2'))).toMatchInlineSnapshot(
        `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`). On 1 of 2 Stratum 1 servers."`,
      );
      us.serves(2);
      expect(line(await stage.status('Everywhere'))).toMatchInlineSnapshot(
        `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`). Everywhere after N s."`,
      );
      expect(await deployedCheck(stage, /everywhere after/)).toMatchInlineSnapshot(`
        [
          "demo-bot / deployed / software.eessi.io",
          "completed",
          "success",
        ]
      `);
    },
    watched('1m'),
  );

  botTest(
    'is said to be late where it is late, and corrected when it comes',
    async (stage) => {
      const [eu, us] = servers;
      eu.serves(1);
      us.serves(0);
      await published(stage);
      expect(line(await stage.status('still has'))).toMatchInlineSnapshot(
        `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`). On 1 of 2 Stratum 1 servers; \`us-1\` still has revision 0 after N s."`,
      );
      expect(await deployedCheck(stage, /us-1 lags/)).toMatchInlineSnapshot(`
        [
          "demo-bot / deployed / software.eessi.io",
          "completed",
          "neutral",
        ]
      `);
      us.serves(1);
      expect(line(await stage.status('Everywhere'))).toMatchInlineSnapshot(
        `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`). Everywhere after N s."`,
      );
      expect(await deployedCheck(stage, /everywhere after/)).toEqual(expect.arrayContaining(['success']));
    },
    watched('1s'),
  );

  botTest(
    'is followed in a status comment that was written before there was anybody to look at',
    async (stage) => {
      await published(stage);
      await stage.status('On 0 of 2');
      await stage.psql('DELETE FROM publications');
      await reportStatus(stage.bot.world, 1);
      await watchPublication(stage.bot.world, 1);
      await stage.status('On 0 of 2');
    },
    watched('1m'),
  );

  botTest(
    'is looked for on after a restart',
    async (stage) => {
      const [eu, us] = servers;
      us.serves(1);
      await published(stage);
      await stage.status('On 1 of 2');
      await stage.restart(async () => eu.serves(1));
      await stage.status('Everywhere');
    },
    watched('1m'),
  );
});

botTest('without Stratum 1 servers a published deploy is deployed', async (stage) => {
  await published(stage);
  expect(await deployedCheck(stage, /^Revision 1$/)).toMatchInlineSnapshot(`
    [
      "demo-bot / deployed / software.eessi.io",
      "completed",
      "success",
    ]
  `);
  await stage.status('**Published**');
});

botTest(
  'a label is set when configured; a job that is to run again and is not there is said once',
  async (stage) => {
    await published(stage);
    const labelled = () => stage.github.labels(SOFTWARE, 1).includes('bot:deployed');
    await stage.github.waitFor(labelled, { what: 'the label' });
    expect(await stage.said()).toMatchInlineSnapshot(
      `"The check \`ci\` could not be run again now that the software is there: GitHub Actions has no such job for \`COMMIT\`, it still runs, or Stratobot may not start it. Somebody who can write here can start it by hand."`,
    );
    await stage.status('**Published**');
  },
  {
    configure(config) {
      for (const repository of config.software_repositories) {
        repository.labels = { deployed: 'bot:deployed' };
        repository.rerun_checks = ['ci'];
      }
    },
  },
);
