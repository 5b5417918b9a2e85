import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type RunningBot, startBot } from './bot.ts';
import { freshDatabase } from './database.ts';
import { makeStage, type Stage } from './stage.ts';
import { SOFTWARE, STAGING, type Surroundings, startSurroundings } from './surroundings.ts';
import { tidy } from './tidy.ts';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/repository');
/** No scenario waits for GitHub's budget of writes; that has tests of its own. */
const PACING = { burst: 1000, refillMs: 250 };

/** What a scenario may change of the configuration file before the bot starts. */
export interface ConfigDraft {
  instance: string;
  software_repositories: {
    deny?: string[];
    permissions: Record<string, object>;
    labels?: object;
    greeting?: boolean;
    chatter?: string;
    speaker?: boolean;
    built_elsewhere?: string[];
    rerun_checks?: string[];
    upload?: string;
  }[];
  stratum1?: object[];
  limits?: object;
  repositories: object[];
  pools: ({ name: string; arch: string } & Record<string, unknown>)[];
  publishers: Record<string, unknown>[];
}

/**
 * A scenario through the front door: the whole bot as composed in production, a GitHub that holds state, real git, a real
 * database, jobs on this machine. At the end nothing may be left over: no comment unread, no request GitHub's description
 * does not know, no complaint in the log, no planned trouble that did not come.
 */
export function botTest(
  name: string,
  play: (stage: Stage) => Promise<void>,
  {
    configure = () => undefined,
    store = 'directory',
    nodes = 'local',
    isPrivate = false,
  }: {
    configure?: (config: ConfigDraft) => void;
    store?: 'directory' | 's3';
    nodes?: 'local' | 'ssh';
    isPrivate?: boolean;
  } = {},
): void {
  test(name, async () => {
    const database = await freshDatabase();
    const { databaseUrl } = database;
    const around = await startSurroundings({
      repository: { fromDirectory: REPOSITORY },
      nodes,
      store,
      isPrivate,
      databaseUrl,
    });
    await reconfigure(around, configure);
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    const start = () => startBot(around, undefined, PACING);
    let bot = await start();
    const expected = new Set<string>();
    const complaints: RunningBot['complaints'] = [];
    const { stage, unread, quiet } = makeStage({
      around,
      bot: () => bot,
      psql: (statement) => pool.query(statement),
      async restart(meanwhile) {
        await bot.close();
        complaints.push(...bot.complaints);
        await meanwhile();
        bot = await start();
      },
      expectComplaint: (messages) => {
        for (const message of messages) expected.add(message);
      },
    });
    const { github } = around;
    const unexpected = () =>
      [...complaints, ...bot.complaints].filter(({ message }) => !expected.has(message));
    try {
      await play(stage);
      await quiet();
      expect(unread(), 'comments nobody read').toEqual([]);
      expect(github.violations, 'requests and answers that GitHub does not know').toEqual([]);
      expect(unexpected(), 'complaints in the log').toEqual([]);
      expect(github.pendingFaults, 'trouble that never came').toEqual([]);
    } catch (error) {
      console.error(conversation(around, bot, unexpected()));
      throw error;
    } finally {
      await pool.end();
      await bot.close();
      await around.close();
      await database.drop();
    }
  });
}

async function reconfigure({ configFile }: Surroundings, configure: (config: ConfigDraft) => void) {
  const config: ConfigDraft = parse(await readFile(configFile, 'utf8'));
  // Jobs are told apart by the bot's name and the build's number: bots of tests on one machine must differ in name.
  config.instance = `demo-bot-${randomBytes(4).toString('hex')}`;
  configure(config);
  await writeFile(configFile, stringify(config));
}

/** Everything that was said, for whoever has to find out why a scenario failed. */
function conversation(around: Surroundings, bot: RunningBot, complaints: RunningBot['complaints']): string {
  const { github } = around;
  const lines = [SOFTWARE, STAGING].flatMap((repo) =>
    github
      .pullRequests(repo)
      .flatMap(({ number }) =>
        github
          .comments(repo, number)
          .map(({ author, body }) => `--- ${author} on ${repo}#${number}\n${tidy(body, around, bot.url)}`),
      ),
  );
  const told = complaints.map(({ message, fields }) => `--- log: ${message} ${JSON.stringify(fields)}`);
  return [...lines, ...told].join('\n');
}
