import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { type RunningBot, startBot } from '../harness/bot.ts';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import { freshDatabase } from '../harness/database.ts';
import type { Stage } from '../harness/stage.ts';
import { freePort, SOFTWARE } from '../harness/surroundings.ts';

/** The bot of the stage builds for zen2 and speaks; the second one builds for n1. */
const zen2Only = {
  configure: (config: ConfigDraft) => {
    config.pools = config.pools.filter(({ name }) => name === 'zen2');
    for (const repository of config.software_repositories)
      repository.built_elsewhere = ['aarch64/neoverse_n1'];
  },
};

/** Starts a second bot on the same GitHub, which tells both; `handled` when both have heard. */
async function withSecond(
  stage: Stage,
  play: (second: RunningBot, say: (login: string, body: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { around, github } = stage;
  const database = await freshDatabase();
  const config: ConfigDraft & { server: { port: number; public_url: string } } = parse(
    await readFile(around.configFile, 'utf8'),
  );
  const jobsDir = around.nodes[1]?.jobsDir;
  config.instance = `second-${config.instance}`;
  config.server.port = await freePort();
  config.pools = config.pools.map((pool) => ({
    ...pool,
    name: 'n1',
    arch: 'aarch64/neoverse_n1',
    jobs_dir: jobsDir,
    nodes: [{ name: 'node-2', slots: 2, local: true }],
  }));
  for (const repository of config.software_repositories)
    Object.assign(repository, { speaker: false, built_elsewhere: [] });
  const configFile = join(around.dir, 'second.yml');
  await writeFile(configFile, stringify(config));
  const env = {
    ...around.env,
    DATABASE_URL: database.databaseUrl,
    STRATOBOT_DATA: join(around.dir, 'second'),
  };
  const second = await startBot({ ...around, configFile, env }, undefined, { burst: 1000, refillMs: 250 });
  const both = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => name.startsWith('x-') || name === 'content-type'),
      ) as Record<string, string>;
      const body = Buffer.concat(chunks);
      const urls = [stage.bot.url, second.url].map((url) => `${url}/api/github/webhooks`);
      const answers = await Promise.all(urls.map((url) => fetch(url, { method: 'POST', headers, body })));
      response.writeHead(Math.max(...answers.map(({ status }) => status))).end();
    });
  });
  await new Promise<void>((resolve) => both.listen(0, '127.0.0.1', resolve));
  github.setWebhookUrl(`http://127.0.0.1:${(both.address() as AddressInfo).port}`);
  try {
    await play(second, async (login, body) => {
      await stage.comment(login, body);
      await second.handled();
    });
    expect(second.complaints).toEqual([]);
  } finally {
    await second.close();
    both.closeAllConnections();
    both.close();
    await database.drop();
  }
}

/** Builds of a bot, as their targets, in order. */
async function builds({ world }: RunningBot): Promise<string[]> {
  const all = await world.records.builds.movedSince(0);
  return all.sort((a, b) => a.id - b.id).map(({ target }) => target.cpu);
}

botTest(
  'without inst: each instance builds what is its own, and one speaks for all',
  async (stage) => {
    await withSecond(stage, async (second, say) => {
      await stage.openPullRequest();
      await second.handled();
      await say('maria', 'bot: build arch=zen2,n1');
      expect([await builds(stage.bot), await builds(second)]).toEqual([
        ['x86_64/amd/zen2'],
        ['aarch64/neoverse_n1'],
      ]);
      await stage.status(': built');
      // A branch rule asks for the speaker's by a name that tells nothing of the site.
      const summaries = () =>
        stage.github.checkRuns(SOFTWARE).filter(({ name }) => name.endsWith(' / summary'));
      await stage.github.waitFor(() => summaries().length === 2, { what: 'a summary of each' });
      expect(
        summaries()
          .map(({ name }) => name)
          .sort(),
      ).toEqual([`second-${stage.bot.world.catalogue.instance} / summary`, 'stratobot / summary']);
      await say('maria', 'bot: build arch=zenn2');
      expect(await stage.said()).toContain('did you mean zen2?');
      await say('maria', 'bot: buidl arch=n1');
      expect(await stage.said()).toContain('did you mean');
      await say('eve', 'bot: build arch=n1');
      expect(await stage.said()).toContain('@eve, builds here are started by members of stack/builders.');
      await say('jo', 'bot: help');
      expect(await stage.said()).toContain('**Stratobot**');

      await say('jo', `bot: help inst:second`);
      expect(await stage.said()).toContain('Targets: `neoverse_n1`');
      await say('maria', 'bot: build arch=zen2 inst:second');
      expect(await stage.said()).toContain('no target here matches');
      expect((await builds(second)).length).toBe(1);
    });
    stage.skip(SOFTWARE, 1);
  },
  zen2Only,
);
