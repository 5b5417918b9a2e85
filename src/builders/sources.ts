import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Log, PullChanges, SourceResult, Sources } from '../ports.ts';
import { readChanges } from './changes.ts';
import { type Git, type GitResult, gitIn, TooMuch } from './git.ts';

export interface GitSourcesOptions {
  /** Mirrors of repositories are kept below it, in `mirrors/<owner>/<name>.git`. */
  dataDir: string;
  /** URL and token to fetch a repository with. */
  access(repo: string): Promise<{ url: string; token: string | null }>;
  /** Excludes other processes that share the folder: a lock file that git finds was left by a crash then. */
  alone?<T>(mirror: string, work: () => Promise<T>): Promise<T>;
  /** Bytes of a tree as they are sent to a node; 4 GiB. */
  largestArchive?: number;
  log: Log;
}

type Pull = Parameters<Sources['prepare']>[0];

/** A mirror that holds what is wanted of a pull request. */
interface Brought {
  kind: 'brought';
  git: Git;
  mirror: string;
  baseSha: string;
}
type Gone = Extract<SourceResult, { kind: 'gone' }>;

/** The first fetch brings a repository's whole history. */
const FETCH_TIMEOUT_MS = 300_000;
const LOCAL_TIMEOUT_MS = 60_000;
const ARCHIVE_TIMEOUT_MS = 300_000;
/** A tree that shows one large file under many names is small for git, and not on a node. */
const LARGEST_ARCHIVE = 4 * 1024 ** 3;
const LARGEST_DIFF = 256 * 1024 ** 2;
/** Their names together: of half a million files, ten times what Linux has, in most trees. */
const LONGEST_LIST_OF_FILES = 32 * 1024 ** 2;
/** Builds of one request come together: they share one fetch and one merge. */
const SHARED_MS = 10_000;

const OWNER_AND_NAME = /^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Pull requests merged in bare mirrors of their repositories: nothing of them is checked out on the bot's machine. */
export function gitSources({
  dataDir,
  access,
  alone = (_, work) => work(),
  largestArchive = LARGEST_ARCHIVE,
  log,
}: GitSourcesOptions): Sources {
  const brought = new Map<string, Promise<Brought | Gone>>();
  const prepared = new Map<string, Promise<SourceResult>>();
  const queues = new Map<string, Promise<unknown>>();
  /** Mirrors that this process has made, or found whole. */
  const made = new Set<string>();

  const mirrorOf = (repo: string) => join(dataDir, 'mirrors', `${repo}.git`);

  /** One thing at a time in a mirror. */
  function inTurn<T>(repo: string, work: () => Promise<T>): Promise<T> {
    const before = queues.get(repo) ?? Promise.resolve();
    const mine = before.then(work, work);
    queues.set(
      repo,
      mine.catch(() => {}),
    );
    return mine;
  }

  async function bringNow(pull: Pull): Promise<Brought | Gone> {
    const mirror = mirrorOf(pull.repo);
    const home = join(dataDir, 'mirrors', '.home');
    await mkdir(mirror, { recursive: true });
    await mkdir(home, { recursive: true });
    const git = gitIn(mirror, home);
    const [allowed] = await Promise.all([
      git.run(['check-ref-format', `refs/heads/${pull.baseRef}`], { timeoutMs: LOCAL_TIMEOUT_MS }),
      made.has(mirror) && existsSync(join(mirror, 'HEAD')) ? null : make(git, mirror),
    ]);
    if (allowed.code !== 0)
      return { kind: 'gone', detail: 'the base branch has a name that git does not allow' };

    const baseName = `refs/stratobot/base-${createHash('sha256').update(pull.baseRef).digest('hex').slice(0, 32)}`;
    const missing = await fetch(git, pull, baseName, mirror);
    if (missing !== null) return { kind: 'gone', detail: missing };
    const names = Buffer.from(`${pull.headSha}^{commit}\n${baseName}^{commit}\n`);
    const found = await must(git, ['cat-file', '--batch-check=%(objectname)'], names);
    const [head, baseSha = ''] = found.split('\n');
    if (head !== pull.headSha) {
      return {
        kind: 'gone',
        detail: `commit ${pull.headSha} is no longer part of pull request #${pull.number}`,
      };
    }
    if (!SHA.test(baseSha)) throw new Retryable(`the mirror of ${pull.repo} has lost its base branch`);
    if (!(await canBeListed(git, pull.headSha)))
      return { kind: 'gone', detail: `commit ${pull.headSha} holds too many files to be looked at` };
    return { kind: 'brought', git, mirror, baseSha };
  }

  const bring = (pull: Pull) => shared(brought, keyOf(pull), () => bringNow(pull));

  /** Something made of a mirror, one thing at a time in it; what failed is fetched anew the next time. */
  function ofMirror<T>(pull: Pull, work: (mirror: Brought) => Promise<T>): Promise<T | Gone> {
    const turn = async () => {
      const there = await bring(pull);
      return there.kind === 'gone' ? there : work(there);
    };
    return inTurn(pull.repo, () => alone(mirrorOf(pull.repo), turn)).catch((error) => {
      brought.delete(keyOf(pull));
      throw error;
    });
  }

  /** Makes a mirror, or what is missing of one. */
  async function make(git: Git, mirror: string): Promise<void> {
    await must(git, ['init', '--quiet', '--bare', '--initial-branch=main', '.']);
    // Archives hold the tree as a checkout would, whatever its .gitattributes say about archives.
    await mkdir(join(mirror, 'info'), { recursive: true });
    await writeFile(join(mirror, 'info', 'attributes'), '* -export-ignore -export-subst\n');
    made.add(mirror);
  }

  /** Brings base branch and pull request; returns what is missing, if anything. */
  async function fetch(git: Git, pull: Pull, baseName: string, mirror: string): Promise<string | null> {
    const { url, token } = await access(pull.repo);
    const refspecs = [
      `+refs/heads/${pull.baseRef}:${baseName}`,
      `+refs/pull/${pull.number}/head:refs/stratobot/pull-${pull.number}`,
    ];
    const args = [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--end-of-options',
      url,
      ...refspecs,
    ];
    const started = performance.now();
    const { code, stderr } = await git.run(args, { timeoutMs: FETCH_TIMEOUT_MS, token });
    log.debug({ repo: pull.repo, ms: Math.round(performance.now() - started), code }, 'fetched');
    if (code === 0) return null;
    const complaint = stderr.trim().slice(-1000);
    const absent = /couldn't find remote ref (\S+)/.exec(complaint)?.[1];
    if (absent !== undefined) return `${absent} does not exist in ${pull.repo}`;
    if (/\.lock'?: File exists|not a git repository|corrupt|bad object/.test(complaint)) {
      // Left by a crash. The mirror is a cache: the next try makes a new one.
      log.warn({ repo: pull.repo, complaint }, 'mirror is broken, removing it');
      made.delete(mirror);
      await rm(mirror, { recursive: true, force: true });
    }
    if (/Authentication failed|could not read Username|repository .* not found|error: 403/i.test(complaint)) {
      throw new Permanent(`${pull.repo} cannot be fetched: ${complaint}`);
    }
    throw new Retryable(`${pull.repo} cannot be fetched: ${complaint}`);
  }

  return {
    async prepare(pull) {
      refuseOdd(pull);
      const work = () => ofMirror(pull, (mirror) => merge(mirror, pull, largestArchive));
      return shared(prepared, keyOf(pull), work);
    },
    async changes(pull, wanted) {
      refuseOdd(pull);
      const { headSha, baseRef } = pull;
      return ofMirror<PullChanges>(pull, ({ git, baseSha }) =>
        readChanges(git, { baseSha, headSha, baseRef }, wanted),
      );
    },
  };
}

/**
 * Whether a commit's files are so few that git can compare them: for that it has all of them in memory, and a few bytes can be
 * a tree of ten billion. Here it tells them as it walks.
 */
async function canBeListed(git: Git, commit: string): Promise<boolean> {
  const names = git.stream(['ls-tree', '-r', '-z', '--name-only', commit], {
    timeoutMs: LOCAL_TIMEOUT_MS,
    most: LONGEST_LIST_OF_FILES,
  });
  try {
    for await (const _ of names);
    return true;
  } catch (error) {
    if (error instanceof TooMuch) return false;
    throw error;
  }
}

/** @throws Permanent for a name that would be a path or an option */
function refuseOdd({ repo, headSha, number }: Pull): void {
  if (!OWNER_AND_NAME.test(repo)) throw new Permanent(`${repo} is no repository name`);
  if (!SHA.test(headSha)) throw new Permanent(`${headSha} is no commit`);
  if (!Number.isSafeInteger(number)) throw new Permanent('that is no pull request number');
}

function keyOf({ repo, number, headSha, baseRef }: Pull): string {
  return JSON.stringify([repo, number, headSha, baseRef]);
}

/** What was done or is under way is not done again for a while; a failure is forgotten at once. */
function shared<T>(known: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const there = known.get(key);
  if (there !== undefined) return there;
  const result = work();
  known.set(key, result);
  const forget = () => {
    if (known.get(key) === result) known.delete(key);
  };
  result.then(() => setTimeout(forget, SHARED_MS).unref(), forget);
  return result;
}

/** Merges the pinned head into the base, as a tree that also holds the difference: `<number>.diff` is read by scripts. */
async function merge({ git, mirror, baseSha }: Brought, pull: Pull, most: number): Promise<SourceResult> {
  const args = [
    'merge-tree',
    '--write-tree',
    '--name-only',
    '-z',
    '--no-messages',
    '--end-of-options',
    baseSha,
    pull.headSha,
  ];
  const merged = await git.run(args, { timeoutMs: LOCAL_TIMEOUT_MS });
  const [tree = '', ...files] = merged.stdout
    .toString('utf8')
    .split('\0')
    .filter((text) => text !== '');
  if (merged.code === 1) return { kind: 'conflict', files };
  if (/unrelated histories/.test(merged.stderr)) {
    return { kind: 'gone', detail: `commit ${pull.headSha} has no history in common with ${pull.baseRef}` };
  }
  if (merged.code !== 0) throw failed('merge-tree', merged);

  const name = `${pull.number}.diff`;
  const [diff, { stdout }] = await Promise.all([
    diffBlob(git, mirror, baseSha, tree).catch((error) => {
      if (error instanceof TooMuch) return null;
      throw error;
    }),
    git.run(['ls-tree', '-z', tree], { timeoutMs: LOCAL_TIMEOUT_MS }),
  ]);
  if (diff === null)
    return { kind: 'gone', detail: `the difference to ${pull.baseRef} is larger than 256 MiB` };
  // As latin1, in which every byte is a character: names of files need not be UTF-8.
  const entries = stdout
    .toString('latin1')
    .split('\0')
    .filter((entry) => entry !== '');
  const others = entries.filter((entry) => !entry.endsWith(`\t${name}`));
  const listing = [...others, `100644 blob ${diff}\t${name}`].map((entry) => `${entry}\0`).join('');
  const whole = await must(git, ['mktree', '-z'], Buffer.from(listing, 'latin1'));
  const archive = ['archive', '--format=tar', whole];
  const open = async () => git.stream(archive, { timeoutMs: ARCHIVE_TIMEOUT_MS, most });
  return { kind: 'ready', source: { tree, baseSha, open } };
}

/** Writes the difference of two trees as a blob; by way of a file, it may be large. */
async function diffBlob(git: Git, mirror: string, base: string, tree: string): Promise<string> {
  const file = join(mirror, `diff-${randomBytes(8).toString('hex')}`);
  try {
    const args = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', base, tree, '--'];
    const difference = git.stream(args, { timeoutMs: LOCAL_TIMEOUT_MS, most: LARGEST_DIFF });
    await pipeline(difference, createWriteStream(file));
    return await must(git, ['hash-object', '-w', '--no-filters', '--', file]);
  } finally {
    await rm(file, { force: true });
  }
}

/** Output of a git command that can only fail when the mirror is broken or the disk full. */
async function must(git: Git, args: readonly string[], input?: Uint8Array): Promise<string> {
  const result = await git.run(args, {
    timeoutMs: LOCAL_TIMEOUT_MS,
    ...(input === undefined ? {} : { input }),
  });
  if (result.code !== 0) throw failed(args[0] ?? '', result);
  return result.stdout.toString('utf8').trimEnd();
}

function failed(command: string, result: GitResult): Retryable {
  return new Retryable(`git ${command} failed (code ${result.code}): ${result.stderr.trim().slice(-1000)}`);
}
