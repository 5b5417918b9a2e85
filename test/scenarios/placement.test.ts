import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { placeBuilds } from '../../src/workflow/place-builds.ts';
import { startBot } from '../harness/bot.ts';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import { freePort, SOFTWARE, type Surroundings } from '../harness/surroundings.ts';

/** One slot on the node of the first pool, and a second pool for the same target with one slot of its own. */
function twoPools(config: ConfigDraft): void {
  oneSlot(config);
  spareBeside(config);
}

/** A second pool for the target of the first, with one slot on this machine. */
function spareBeside(config: ConfigDraft): void {
  const [first] = config.pools;
  if (first === undefined) throw new Error('there is no pool');
  const nodes = [{ name: 'node-3', slots: 1, local: true }];
  config.pools.push({ ...first, name: 'zen2-spare', jobs_dir: `${first.jobs_dir}-spare`, nodes });
}

function oneSlot(config: ConfigDraft): void {
  const [first] = config.pools;
  if (first !== undefined) first.nodes = [{ name: 'node-1', slots: 1, local: true }];
}

botTest(
  'a second pool for a target is used when the first is full, and people see why',
  async ({ github, openPullRequest, comment, buildIs, release, status, checks }) => {
    await openPullRequest('wait');
    for (const id of [1, 2]) {
      await comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${id}`);
      await buildIs('running', id);
      await status('running');
    }
    await comment('maria', 'bot: build arch=zen2 export:SKIP_TESTS=3');
    await status('waits: all 2 slots are taken');
    await release(1);
    await buildIs('running', 3);
    for (const id of [2, 3]) await release(id);
    expect(await status(': built')).toContain(
      'node `zen2/node-1` (the only one of 2 nodes with a free slot; this pull request was built there before)',
    );
    await checks();
    const builds = github.checkRuns(SOFTWARE).filter(({ name }) => !name.endsWith(' / summary'));
    expect(
      builds.map(({ summary }) => summary?.split('\n').find((line) => line.startsWith('For '))),
    ).toMatchInlineSnapshot(`
      [
        "For \`software.eessi.io 2025.06\`, on \`zen2/node-1\`: the best of 2 nodes with a free slot.",
        "For \`software.eessi.io 2025.06\`, on \`zen2-spare/node-3\`: the only one of 2 nodes with a free slot.",
        "For \`software.eessi.io 2025.06\`, on \`zen2/node-1\`: the only one of 2 nodes with a free slot; this pull request was built there before.",
      ]
    `);
  },
  { configure: twoPools },
);

botTest(
  'a pull request that has its share waits, and another one gets its turn',
  async ({ openPullRequest, comment, buildIs, release, status }) => {
    await openPullRequest('wait');
    for (const value of [1, 2]) {
      await comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${value}`);
      await status('### Build of');
    }
    await status('waits: a build of this pull request runs already, the most at once');
    const other = await openPullRequest();
    await comment('maria', 'bot: build arch=zen2', other);
    await status(': built', other);
    expect((await buildIs('queued', 2)).placement).toBeNull();
    await release(1);
    await buildIs('running', 2);
    await release(2);
    await status(': built');
  },
  {
    configure: (config) => {
      config.limits = { builds_per_pull_request: 1 };
    },
  },
);

botTest(
  'a maintainer gives a waiting build its turn sooner',
  async ({ openPullRequest, comment, buildIs, release, status, said }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running', 1);
    const [second, third] = [await openPullRequest(), await openPullRequest()];
    for (const number of [second, third]) {
      await comment('maria', 'bot: build arch=zen2', number);
      await status('waits: the only slot is taken', number);
    }
    await comment('jo', 'bot: priority', third);
    expect(await said(SOFTWARE, third)).toMatchInlineSnapshot(
      `"@jo, waiting builds are given priority here by members of stack/builders. One of them can comment \`bot: priority\`."`,
    );
    await comment('max', 'bot: priority arch=zenn2', third);
    expect(await said(SOFTWARE, third)).toMatchInlineSnapshot(`
      "None was given priority. Line 1: none of these builds matches \`zenn2\`.
      \`\`\`
      bot: priority arch=zenn2
                         ^^^^^
      \`\`\`

      Targets: \`x86_64/amd/zen2\`. \`bot: help priority\` has examples."
    `);
    await comment('max', 'bot: priority', third);
    expect(await said(SOFTWARE, third)).toMatchInlineSnapshot(
      `"Priority for 1 waiting build: \`x86_64/amd/zen2\`. It gets its turn up to 4 hours sooner."`,
    );
    expect(await status('priority', third)).toContain('pool `zen2`, priority by @max');
    await release(1);
    await status(': built', third);
    await status(': built', second);
    await status(': built');
    const [late, soon] = [await buildIs('succeeded', 2), await buildIs('succeeded', 3)];
    expect(soon.placement?.at).toBeLessThan(late.placement?.at ?? 0);
    await comment('max', 'bot: priority', third);
    expect(await said(SOFTWARE, third)).toMatchInlineSnapshot(
      `"No build waits here, so none was given priority."`,
    );
  },
  { configure: oneSlot },
);

botTest(
  'a node that broke three builds is set aside, and builds wait for another one',
  async ({ openPullRequest, comment, buildIs, release, status, said, psql }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    expect((await buildIs('running', 1)).placement?.node).toBe('zen2/node-1');
    await release(1);
    await status(': built');
    // Moved two hours ago, so that the reconciler repeats none of them.
    await psql(`INSERT INTO builds (request_id, target, repository, pools, placement, exports, state, moved_at, created_at)
      SELECT request_id, target, repository, pools, placement, exports,
        jsonb_build_object('kind', 'failed', 'startedAt', null, 'endedAt', moved_at + n, 'handle', null, 'failure',
          '{"code": "disk-full", "class": "infrastructure", "sentence": "gone", "line": null, "excerpt": []}'::jsonb),
        moved_at - 7200000, created_at
      FROM builds, generate_series(1, 3) AS n WHERE id = 1`);
    await comment('maria', 'bot: show_config');
    expect(await said()).toMatch(
      /`zen2\/node-1`: set aside after three failures of its own in a row, tried again at TIME; 0 of 1 slot in use/,
    );
    await comment('maria', 'bot: build arch=zen2 export:SKIP_TESTS=1');
    expect((await buildIs('running', 5)).placement).toMatchObject({ node: 'zen2-spare/node-3' });
    await status('running');
    await comment('maria', 'bot: build arch=zen2 export:SKIP_TESTS=2');
    await status('waits: the only slot is taken');
    await release(5);
    expect((await buildIs('running', 6)).placement).toMatchObject({
      node: 'zen2-spare/node-3',
      reason: 'the only one of 2 nodes with a free slot; this pull request was built there before',
    });
    await release(6);
    await status(': built');
  },
  { configure: twoPools },
);

botTest(
  'a build whose node is silent goes to a node that is free, and is not given back to the first',
  async ({ around, bot, openPullRequest, comment, buildIs, status, psql, ...stage }) => {
    stage.expectComplaint(
      'SSH host cannot be used',
      'a job failed and will be tried again',
      'build goes to another node',
    );
    const ssh = around.nodes[0]?.ssh;
    ssh?.unplug();
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2');
    expect((await buildIs('starting')).placement?.node).toBe('zen2/node-1');
    const health = () => bot.world.builders.nodes().find(({ name }) => name === 'zen2/node-1');
    await expect.poll(() => health()?.unreachableUntil).toBeGreaterThan(Date.now());
    await psql(`UPDATE builds SET state = jsonb_set(state, '{since}', '${Date.now() - 120_000}')`);
    expect(await status(': built')).toContain(
      'pool `zen2-spare`, node `zen2-spare/node-3` (the only one of 2 nodes',
    );
    expect(await buildIs('succeeded')).toMatchObject({ avoid: ['zen2/node-1'] });
    const strays = await bot.world.records.remains.strays(Date.now() + 1);
    expect(strays).toEqual([{ buildId: 1, node: 'zen2/node-1' }]);
    ssh?.plugIn();
  },
  { nodes: 'ssh', configure: spareBeside },
);

botTest(
  'a build that was given a node before the bot died starts there',
  async ({ openPullRequest, comment, buildIs, release, status, psql, ...stage }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running', 1);
    await comment('maria', 'bot: build arch=zen2 export:SKIP_TESTS=yes');
    await status('waits: a build of this pull request runs already');
    await stage.restart(async () => {
      const state = { kind: 'starting', since: Date.now(), node: 'zen2/node-1' };
      await psql(`UPDATE builds SET state = '${JSON.stringify(state)}', placement = first.placement, waiting = NULL
        FROM (SELECT placement FROM builds WHERE id = 1) AS first WHERE id = 2`);
      await psql('DROP SCHEMA bullmq CASCADE');
    });
    await buildIs('running', 2);
    for (const id of [1, 2]) await release(id);
    for (const id of [1, 2]) await buildIs('succeeded', id);
    await status(': built');
    stage.skip(SOFTWARE, 1);
  },
  {
    configure: (config) => {
      config.limits = { builds_per_pull_request: 1 };
    },
  },
);

botTest(
  'two processes that place at once give a slot to one build',
  async ({ around, bot, openPullRequest, comment, buildIs, status, ...stage }) => {
    const other = await startBot(await beside(around));
    try {
      const pulls = [await openPullRequest(), await openPullRequest(), await openPullRequest()];
      for (const variable of ['no', 'yes'])
        for (const pull of pulls)
          await comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${variable}`, pull);
      const ids = [1, 2, 3, 4, 5, 6];
      const worlds = [bot.world, other.world, bot.world, other.world];
      const rounds = ids.map(async (id) => {
        await Promise.all(worlds.map((world) => placeBuilds(world)));
        return buildIs('succeeded', id);
      });
      const builds = await Promise.all(rounds);
      const took = builds.map(({ placement, state }) => ({
        from: placement?.at ?? 0,
        to: state.kind === 'succeeded' ? state.endedAt : 0,
      }));
      took.sort((a, b) => a.from - b.from);
      const overlaps = took.filter(({ from }, index) => from < (took[index - 1]?.to ?? 0));
      expect(overlaps).toEqual([]);
      for (const pull of pulls) {
        await status(': built', pull);
        stage.skip(SOFTWARE, pull);
      }
      expect(other.complaints).toEqual([]);
    } finally {
      await other.close();
    }
  },
  { configure: oneSlot },
);

/** What a second process of the same bot finds: it listens elsewhere, and has a folder of its own. */
async function beside(around: Surroundings): Promise<Surroundings> {
  const config = parse(await readFile(around.configFile, 'utf8'));
  const configFile = join(around.dir, 'second.yml');
  const server = { ...config.server, port: await freePort() };
  await writeFile(configFile, stringify({ ...config, server }));
  return { ...around, configFile, env: { ...around.env, STRATOBOT_DATA: join(around.dir, 'data-2') } };
}
