import { cp, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

const A_MONTH_AGO = Date.now() - 31 * 24 * 3600_000;

botTest(
  'an old build: its folder leaves the node and the one that was silent, its log moves into the store and can be read',
  async (stage) => {
    const { around } = stage;
    await stage.built();
    const jobsDir = around.nodes[0]?.jobsDir ?? '';
    const logs = join(around.dir, 'data', 'logs');
    const page = async () => (await fetch(`${stage.bot.url}/builds/1/log?from=0`)).text();
    const before = await page();
    expect(before.length).toBeGreaterThan(20);
    const [folder, ...others] = await readdir(jobsDir);
    expect(others).toEqual([]);
    const silent = around.nodes[1]?.jobsDir ?? '';
    await cp(join(jobsDir, folder ?? ''), join(silent, folder ?? ''), { recursive: true });

    await stage.restart(async () => {
      await stage.psql(`UPDATE stratobot.builds SET moved_at = ${A_MONTH_AGO}, strays = '["n1/node-2"]'`);
      await stage.psql(`UPDATE stratobot.deliveries SET received_at = ${A_MONTH_AGO}`);
      await utimes(join(logs, 'b1.log'), A_MONTH_AGO / 1000, A_MONTH_AGO / 1000);
    });
    await expect.poll(() => readdir(jobsDir)).toEqual([]);
    await expect.poll(() => readdir(silent)).toEqual([]);
    const { remains } = stage.bot.world.records;
    await expect.poll(() => remains.strays(Date.now())).toEqual([]);
    const comment = around.github.deliveries.find(({ event }) => event === 'issue_comment')?.guid ?? '';
    const payload = async () => (await stage.bot.world.records.deliveries.get(comment))?.payload;
    await expect.poll(payload).toBeNull();
    const logKey = () => stage.bot.world.records.remains.logKey(1);
    await expect.poll(logKey).toMatch(/\/1\/build-1\.log\.gz$/);

    await stage.restart(() => utimes(join(logs, 'b1.log.gz'), A_MONTH_AGO / 1000, A_MONTH_AGO / 1000));
    await expect.poll(() => readdir(logs)).toEqual([]);
    expect(await page()).toBe(before);
    expect(await readdir(logs)).toEqual(['b1.log.gz']);
  },
);

botTest(
  'a node without room for jobs is told of once, the health page knows, and builds wait',
  async (stage) => {
    stage.expectComplaint('a node has little room left for jobs');
    const disks = async () => {
      const health = await fetch(`${stage.bot.url}/health`);
      expect(health.status).toBe(200);
      return ((await health.json()) as { parts: Record<string, string> }).parts.disks;
    };
    await expect.poll(disks).toBe('failing');
    const told = stage.bot.complaints.map(({ fields }) => fields as { node: string });
    expect(told.map(({ node }) => node)).toEqual(['zen2/node-1']);
    await stage.openPullRequest();
    await stage.comment('maria', 'bot: build arch=zen2');
    await stage.status('waits: the only node for `x86_64/amd/zen2` is nearly full');
  },
  {
    configure(config) {
      const [first] = config.pools;
      if (first) first.min_free = '8000TiB';
    },
  },
);
