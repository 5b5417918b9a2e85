import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Build, BuildStateKind } from '../../src/domain/build.ts';
import type { Deploy, DeployStateKind, Folder } from '../../src/domain/deploy.ts';
import type { RunningBot } from './bot.ts';
import type { GitHubDouble } from './github/double.ts';
import type { Changes, Json } from './github/model.ts';
import { SOFTWARE, STAGING, type Surroundings } from './surroundings.ts';
import { tidy } from './tidy.ts';

const WAIT_MS = 60_000;

/** What a scenario has at hand: people who act on GitHub, and the words the bot answers with. */
export interface Stage {
  around: Surroundings;
  github: GitHubDouble;
  /** The bot that runs now. */
  readonly bot: RunningBot;

  /** jo's pull request; with a file `behaviour` that says what its build does, or with other changes as well. */
  openPullRequest(behaviour?: string, changes?: Changes): Promise<number>;
  /** Somebody comments on the software pull request; resolves when the bot has handled it. */
  comment(login: string, body: string, number?: number): Promise<void>;
  /** The same, with the time GitHub gives the comment. */
  commentAt(at: Date, login: string, body: string): Promise<void>;
  /** Somebody pushes one commit to the software pull request; when GitHub says that the head moved. */
  push(login: string, changes: Changes, options?: { force?: boolean; deliver?: boolean }): Promise<Date>;
  label(login: string, label: string): Promise<void>;

  /** jo's pull request, built for zen2 on maria's word. */
  built(behaviour?: string): Promise<void>;
  /** `bot: deploy` by maria on what is built; the number of the deploy PR. */
  deployPr(): Promise<number>;
  /** Somebody approves a deploy PR; with `commitId` an older state of it. */
  approve(login: string, number: number, options?: { commitId?: string }): Promise<void>;

  /** The next thing the bot said that no line of the test has read yet, tidied; waits for it. */
  said(repo?: string, number?: number): Promise<string>;
  /** The same on a deploy PR. */
  saidOnDeploy(number: number): Promise<string>;
  /** The next issue the bot opened in the staging repository that no line of the test has read yet: title and body, tidied. */
  issue(): Promise<string>;
  /** Nothing was said on any pull request that was not read, and nothing is on its way. */
  silence(): Promise<void>;
  /** The status comment of the newest request once it holds a text, tidied. */
  status(text: string | RegExp, number?: number): Promise<string>;
  /** One line a build, without the summary, once every check run has come to its end. */
  checks(): Promise<string[]>;
  /** Comments of this pull request the test does not care for. */
  skip(repo: string, number: number): void;

  buildIs(kind: BuildStateKind, id?: number): Promise<Build>;
  deployIs(kind: DeployStateKind, id?: number): Promise<Deploy>;
  /** The record of a deploy has come to be in this folder of the staging repository, and in no other. */
  recordIn(folder: Folder, id?: number): Promise<void>;
  /** Lets a build go on whose behaviour is `wait`; also while the bot is away. */
  release(id?: number): Promise<void>;
  /** A statement past the bot, as somebody with psql would send it. */
  psql(statement: string): Promise<void>;
  /** Ends this bot, lets something happen, and starts another on the same database and folder. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** Warnings and errors in the log are failures of a test, but not lines with one of these messages. */
  expectComplaint(...messages: string[]): void;
}

/** What of a stage only its keeper uses. */
export interface StageParts {
  around: Surroundings;
  bot(): RunningBot;
  psql(statement: string): Promise<{ rows: unknown[] }>;
  restart(meanwhile: () => Promise<void>): Promise<void>;
  expectComplaint(messages: string[]): void;
}

/** @returns the stage; `quiet` resolves when no step of work waits or runs, what is put off for later may still come */
export function makeStage(parts: StageParts): { stage: Stage; unread(): string[]; quiet(): Promise<void> } {
  const { around } = parts;
  const { github } = around;
  const read = new Set<number>();
  const skipped = new Set<string>();
  const tidyHere = (body: string) => tidy(body, around, parts.bot().url);
  const ofBot = (repo: string, number: number) =>
    github.comments(repo, number).filter((comment) => comment.author === 'stratobot[bot]');
  const isStatus = (body: string) => body.includes('### Build of');
  const handled = () => parts.bot().handled();

  const issues = () => github.issues(STAGING).filter(({ author }) => author === 'stratobot[bot]');
  const readIssues = new Set<number>();

  const unread = () => [
    ...issues()
      .filter(({ number }) => !readIssues.has(number))
      .map(({ title }) => `issue: ${title}`),
    ...[SOFTWARE, STAGING].flatMap((repo) =>
      github
        .pullRequests(repo)
        .filter(({ number }) => !skipped.has(`${repo}#${number}`))
        .flatMap(({ number }) => ofBot(repo, number))
        .filter((comment) => !read.has(comment.id))
        .map((comment) => tidyHere(comment.body)),
    ),
  ];

  const quiet = async () => {
    // What the last step caused on GitHub may come back as a webhook: quiet is when it is so twice in a row.
    for (let times = 0; times < 2; ) {
      await handled();
      const { rows } = await parts.psql(`SELECT 1 FROM bullmq.job WHERE state IN ('waiting', 'active')`);
      times = rows.length === 0 ? times + 1 : 0;
      if (times === 0) await delay(10);
    }
  };

  /** When the head of the software pull request moved last, unix ms. */
  let movedAt = 0;

  const stage: Stage = {
    around,
    github,
    get bot() {
      return parts.bot();
    },

    async openPullRequest(behaviour, changes = {}) {
      const pull = await github.openPullRequest(SOFTWARE, {
        by: 'jo',
        title: 'Add tool 1.0',
        changes: {
          'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n',
          ...(behaviour ? { behaviour } : {}),
          ...changes,
        },
      });
      await handled();
      return pull.number;
    },
    async comment(login, body, number = 1) {
      // Nobody writes within a second of a push, which the bot could not tell from before it.
      if (number === 1 && Date.now() < movedAt + 1_000)
        return stage.commentAt(new Date(movedAt + 1_000), login, body);
      await github.comment(SOFTWARE, number, { by: login, body });
      await handled();
    },
    async commentAt(at, login, body) {
      await github.comment(SOFTWARE, 1, { by: login, body, deliver: false });
      const lost = github.deliveries.at(-1)?.payload as Json & { comment: Json };
      const comment = { ...lost.comment, created_at: at.toISOString() };
      await github.sendRaw({ event: 'issue_comment', payload: { ...lost, comment } });
      await handled();
    },
    async push(login, changes, options = {}) {
      await github.push(SOFTWARE, 1, { by: login, changes, ...options });
      await handled();
      const moved = github.deliveries.findLast((one) => one.action === 'synchronize');
      const pull = moved?.payload.pull_request as Json | undefined;
      const at = new Date(String(pull?.updated_at));
      movedAt = at.getTime();
      return at;
    },
    async label(login, label) {
      await github.addLabel(SOFTWARE, 1, { by: login, label });
      await handled();
    },

    async built(behaviour) {
      await stage.openPullRequest(behaviour);
      await stage.comment('maria', 'bot: build arch=zen2');
      await stage.status(': built');
    },
    async deployPr() {
      const before = github.pullRequests(STAGING).length;
      await stage.comment('maria', 'bot: deploy');
      const body = await stage.said();
      if (!body.startsWith('Put up for approval')) throw new Error(`not put up: ${body}`);
      const pull = github.pullRequests(STAGING)[before];
      if (pull === undefined) throw new Error('there is no deploy PR');
      return pull.number;
    },
    async approve(login, number, options = {}) {
      await github.review(STAGING, number, { by: login, state: 'approved', ...options });
      await handled();
    },

    async said(repo = SOFTWARE, number = 1) {
      const next = () => ofBot(repo, number).find(({ id, body }) => !read.has(id) && !isStatus(body));
      const what = `the bot to say something on ${repo}#${number}`;
      const comment = await github.waitFor(next, { timeoutMs: WAIT_MS, what });
      read.add(comment.id);
      return tidyHere(comment.body);
    },
    saidOnDeploy: (number) => stage.said(STAGING, number),
    async issue() {
      const next = () => issues().find(({ number }) => !readIssues.has(number));
      const what = `the bot to open an issue in ${STAGING}`;
      const { number, title, body } = await github.waitFor(next, { timeoutMs: WAIT_MS, what });
      readIssues.add(number);
      return tidyHere(`# ${title}\n${body ?? ''}`);
    },
    async silence() {
      await quiet();
      expect(unread(), 'comments nobody expected').toEqual([]);
    },
    async status(text, number = 1) {
      const fits = (body: string) =>
        isStatus(body) && (typeof text === 'string' ? body.includes(text) : text.test(body));
      const what = `a status comment with ${text}`;
      const [newest] = await parts.bot().world.records.requests.ofPullRequest(SOFTWARE, number);
      const mark = ` status:${newest?.id} -->`;
      const find = () => ofBot(SOFTWARE, number).find(({ body }) => body.includes(mark) && fits(body));
      const comment = await github.waitFor(find, { timeoutMs: WAIT_MS, what });
      read.add(comment.id);
      return tidyHere(comment.body);
    },
    async checks() {
      const { builds } = parts.bot().world.records;
      const wanted = (await builds.movedSince(0)).length;
      const runs = () => github.checkRuns(SOFTWARE).filter(({ name }) => !name.endsWith(' / summary'));
      await github.waitFor(
        () => runs().length >= wanted && runs().every((run) => run.status === 'completed'),
        {
          timeoutMs: WAIT_MS,
          what: `${wanted} check runs to be completed`,
        },
      );
      return runs()
        .map(({ name, conclusion, title }) => tidyHere(`${name}: ${conclusion}, ${title}`))
        .sort();
    },
    skip: (repo, number) => void skipped.add(`${repo}#${number}`),

    async buildIs(kind, id = 1) {
      const look = () => parts.bot().world.records.builds.get(id);
      return await until(look, (build) => build.state.kind === kind, `build ${id} to be ${kind}`);
    },
    async deployIs(kind, id = 1) {
      const look = () => parts.bot().world.records.deploys.get(id);
      return await until(look, (deploy) => deploy.state.kind === kind, `deploy ${id} to be ${kind}`);
    },
    async recordIn(folder, id = 1) {
      const what = `the record of deploy ${id} to be in ${folder}/`;
      const folders = async () => {
        const paths = (await github.filesAt(STAGING, 'main')).filter((path) =>
          path.includes(`/deploy-${id}/`),
        );
        return [...new Set(paths.map((path) => path.split('/')[0]))].join();
      };
      const look = async () => ({ state: { kind: await folders() } });
      await until(look, ({ state }) => state.kind === folder, what);
    },
    async release(id = 1) {
      const { rows } = await parts.psql(
        `SELECT state->'handle'->>'directory' AS folder FROM builds WHERE id = ${id}`,
      );
      const [row] = rows as { folder: string | null }[];
      if (!row?.folder) throw new Error(`build ${id} has no job`);
      await writeFile(join(row.folder, 'release'), '');
    },
    psql: async (statement) => void (await parts.psql(statement)),
    restart: (meanwhile = async () => undefined) => parts.restart(meanwhile),
    expectComplaint: (...messages) => parts.expectComplaint(messages),
  };
  return { stage, unread, quiet };
}

async function until<T extends { state: { kind: string } }>(
  look: () => Promise<T | null>,
  fits: (row: T) => boolean,
  what: string,
): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const row = await look();
    if (row !== null && fits(row)) return row;
    if (performance.now() > deadline)
      throw new Error(`waited ${WAIT_MS} ms in vain for ${what}; it is ${JSON.stringify(row?.state)}`);
    await delay(20);
  }
}
