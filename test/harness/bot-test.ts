import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Build } from '../../src/domain/build.ts';
import { type RunningBot, startBot } from './bot.ts';
import { freshDatabase } from './database.ts';
import {
  SOFTWARE,
  STAGING,
  type Surroundings,
  type SurroundingsOptions,
  startSurroundings,
} from './surroundings.ts';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/repository');
const WAIT_MS = 20_000;

/** What a scenario has at hand: people who act on GitHub, and the words the bot answers with. */
export interface Stage {
  around: Surroundings;
  bot: RunningBot;
  /** jo's pull request; with a file `behaviour` that says what its build does. */
  openPullRequest(behaviour?: string): Promise<number>;
  /** Somebody comments on the software pull request; resolves when the bot has handled it. */
  comment(login: string, body: string, number?: number): Promise<void>;
  /** The next thing the bot said that no test line has read yet, tidied; waits for it. */
  said(repo?: string, number?: number): Promise<string>;
  /** The status comment once it holds a text, tidied. */
  status(text: string | RegExp, number?: number): Promise<string>;
  /** Comments the test does not care for. */
  skip(repo: string, number: number): void;
  /** The only build, or the one of this number. */
  build(id?: number): Promise<Build>;
  buildIs(kind: Build['state']['kind'], id?: number): Promise<Build>;
  /** Lets a build go on whose behaviour is `wait`. */
  release(id?: number): Promise<void>;
  /** Ends this bot and starts another on the same database and folder. */
  restart(): Promise<void>;
  /** Warnings and errors in the bot's log are failures of a test unless it says that it expects them. */
  expectComplaints(): void;
}

/**
 * A scenario through the front door: the whole bot as composed in production, a GitHub that holds state, real git, a real
 * database, jobs on this machine. At the end nothing may be left over: no comment unread, no request GitHub's description does
 * not know, no complaint in the log.
 */
export function botTest(
  name: string,
  play: (stage: Stage) => Promise<void>,
  options: Partial<SurroundingsOptions> = {},
): void {
  test(name, async () => {
    const database = await freshDatabase();
    const around = await startSurroundings({
      repository: { fromDirectory: REPOSITORY },
      nodes: 'local',
      store: 'directory',
      databaseUrl: database.databaseUrl,
      ...options,
    });
    let bot = await startBot(around);
    const read = new Set<number>();
    const skipped = new Set<string>();
    let complaintsExpected = false;
    const complaints: RunningBot['complaints'] = [];
    const { github } = around;
    const botComments = (repo: string, number: number) =>
      github.comments(repo, number).filter((comment) => comment.author.endsWith('[bot]'));
    const isStatus = (body: string) => body.includes('### Build of');
    const tidyHere = (body: string) => tidy(body, around, bot.url);

    const stage: Stage = {
      around,
      get bot() {
        return bot;
      },
      async openPullRequest(behaviour) {
        const pull = await github.openPullRequest(SOFTWARE, {
          by: 'jo',
          title: 'Add tool 1.0',
          changes: {
            'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n',
            ...(behaviour ? { behaviour } : {}),
          },
        });
        await bot.handled();
        return pull.number;
      },
      async comment(login, body, number = 1) {
        await github.comment(SOFTWARE, number, { by: login, body });
        await bot.handled();
      },
      async said(repo = SOFTWARE, number = 1) {
        const unread = () =>
          botComments(repo, number).find((comment) => !read.has(comment.id) && !isStatus(comment.body));
        const comment = await github.waitFor(unread, {
          timeoutMs: WAIT_MS,
          what: `the bot to say something on ${repo}#${number}`,
        });
        read.add(comment.id);
        return tidyHere(comment.body);
      },
      async status(text, number = 1) {
        const fits = (body: string) =>
          isStatus(body) && (typeof text === 'string' ? body.includes(text) : text.test(body));
        const find = () => botComments(SOFTWARE, number).findLast((comment) => fits(comment.body));
        const comment = await github.waitFor(find, {
          timeoutMs: WAIT_MS,
          what: `a status comment with ${text}`,
        });
        read.add(comment.id);
        return tidyHere(comment.body);
      },
      skip: (repo, number) => void skipped.add(`${repo}#${number}`),
      build: (id = 1) => bot.build(id),
      buildIs: (kind, id = 1) =>
        expect
          .poll(() => bot.build(id), { timeout: WAIT_MS, interval: 20 })
          .toMatchObject({ state: { kind } })
          .then(() => bot.build(id)),
      async release(id = 1) {
        const { state } = await bot.build(id);
        if (!('handle' in state) || state.handle === null) throw new Error(`build ${id} is ${state.kind}`);
        await writeFile(join(state.handle.directory, 'release'), '');
      },
      async restart() {
        await bot.close();
        complaints.push(...bot.complaints);
        bot = await startBot(around);
      },
      expectComplaints: () => {
        complaintsExpected = true;
      },
    };
    try {
      await play(stage);
      await github.settled();
      const unread = [SOFTWARE, STAGING].flatMap((repo) =>
        [...github.pullRequests(repo)].flatMap(({ number }) =>
          skipped.has(`${repo}#${number}`)
            ? []
            : botComments(repo, number)
                .filter((comment) => !read.has(comment.id))
                .map((comment) => tidyHere(comment.body)),
        ),
      );
      expect(unread, 'comments nobody read').toEqual([]);
      expect(github.violations, 'requests and answers that GitHub does not know').toEqual([]);
      if (!complaintsExpected)
        expect([...complaints, ...bot.complaints], 'complaints in the log').toEqual([]);
    } finally {
      await bot.close();
      await around.close();
      await database.drop();
    }
  });
}

/** Takes out what differs from run to run: hashes, addresses, times. */
export function tidy(body: string, around: Surroundings, botUrl: string): string {
  return body
    .replaceAll(/<!--.*?-->\n/g, '')
    .replaceAll(botUrl, 'BOT')
    .replaceAll(around.github.url, 'GITHUB')
    .replaceAll(around.dir, 'DIR')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'SHA256')
    .replaceAll(/sha256:[0-9a-f]{8}…[0-9a-f]{4}/g, 'sha256:…')
    .replaceAll(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replaceAll(/`[0-9a-f]{7}`/g, '`COMMIT`')
    .replaceAll(/\b\d\d:\d\d UTC/g, 'TIME')
    .replaceAll(/\b\d+ s\b/g, 'N s')
    .replaceAll(/\b\d+ B\b/g, 'N B')
    .trim();
}
