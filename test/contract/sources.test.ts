import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitSources } from '../../src/builders/sources.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Log, Source, SourceResult, Sources } from '../../src/ports.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };

describe('sources', () => {
  let folder: string;
  let origin: string;
  let sources: Sources;
  let fetches: number;

  /** Runs git in the repository that stands for GitHub's. */
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-C', origin, ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();

  const write = async (path: string, text: string) => {
    await mkdir(join(origin, path, '..'), { recursive: true });
    await writeFile(join(origin, path), text);
  };
  const commit = (message: string) => {
    git('add', '-A');
    git('commit', '-qm', message);
    return git('rev-parse', 'HEAD');
  };
  /** Makes what is checked out the head of a pull request, as GitHub shows it. */
  const pull = (number: number) => {
    git('update-ref', `refs/pull/${number}/head`, 'HEAD');
    return git('rev-parse', 'HEAD');
  };
  const prepare = (headSha: string, changes: { number?: number; baseRef?: string } = {}) =>
    sources.prepare({ repo: 'EESSI/software-layer', number: 7, baseRef: 'main', headSha, ...changes });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stratobot-sources-'));
    origin = join(folder, 'origin');
    await mkdir(origin);
    git('init', '-q', '-b', 'main');
    await write('bot/build.sh', 'echo build\n');
    await write('easystacks/a.yml', 'easyconfigs:\n  - A.eb\n');
    commit('first');
    fetches = 0;
    const access = async () => {
      fetches += 1;
      return { url: `file://${origin}`, token: null };
    };
    sources = gitSources({ dataDir: join(folder, 'data'), access, log });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives the merge as an archive, with the difference beside it', async () => {
    git('checkout', '-qb', 'topic');
    await write('easystacks/b.yml', 'easyconfigs:\n  - B.eb\n');
    commit('add B');
    const head = pull(7);
    git('checkout', '-q', 'main');
    await write('README.md', 'newer than the topic\n');
    const base = commit('second');

    const source = ready(await prepare(head));
    expect(source.baseSha).toBe(base);
    const { names, text } = await unpack(source, folder);
    expect(names).toEqual(['7.diff', 'README.md', 'bot/build.sh', 'easystacks/a.yml', 'easystacks/b.yml']);
    expect(await text('7.diff')).toContain('+++ b/easystacks/b.yml');
    expect(await text('7.diff')).not.toContain('README');
  });

  it('names the files that are in conflict', async () => {
    git('checkout', '-qb', 'topic');
    await write('easystacks/a.yml', 'theirs\n');
    await write('dir/ö b.txt', 'theirs\n');
    commit('topic');
    const head = pull(7);
    git('checkout', '-q', 'main');
    await write('easystacks/a.yml', 'ours\n');
    await write('dir/ö b.txt', 'ours\n');
    commit('ours');
    expect(await prepare(head)).toEqual({ kind: 'conflict', files: ['dir/ö b.txt', 'easystacks/a.yml'] });
  });

  it('says what is gone: the commit, the pull request, the base branch, a common history', async () => {
    const head = pull(7);
    const gone = async (result: Promise<SourceResult>) => JSON.stringify(await result);
    const other = '1234567890123456789012345678901234567890';
    expect(await gone(prepare(other))).toContain('is no longer part of pull request #7');
    expect(await gone(prepare(head, { number: 8 }))).toContain('refs/pull/8/head does not exist');
    expect(await gone(prepare(head, { baseRef: 'old' }))).toContain('refs/heads/old does not exist');
    git('checkout', '-q', '--orphan', 'alone');
    commit('alone');
    pull(9);
    expect(await gone(prepare(git('rev-parse', 'HEAD'), { number: 9 }))).toContain('no history in common');
  });

  it('builds the commit that was pinned, not the one that was pushed after it', async () => {
    git('checkout', '-qb', 'topic');
    await write('easystacks/b.yml', 'good\n');
    commit('good');
    const pinned = pull(7);
    await write('easystacks/b.yml', 'swapped\n');
    commit('swapped');
    pull(7);
    const { text } = await unpack(ready(await prepare(pinned)), folder);
    expect(await text('easystacks/b.yml')).toBe('good\n');
  });

  it('takes odd names of branches as names, and refuses those that git does not allow', async () => {
    for (const branch of ['2023.06-software.eessi.io', 'feature/a', "it's;$(id)", '-x', 'ünï']) {
      git('update-ref', `refs/heads/${branch}`, 'HEAD');
      const result = await prepare(pull(7), { baseRef: branch });
      expect(result.kind, branch).toBe('ready');
    }
    for (const branch of ['a..b', 'a b', '', 'x:refs/heads/y', 'a^', '../main', 'a.lock']) {
      expect((await prepare(pull(7), { baseRef: branch })).kind, branch).toBe('gone');
    }
    // What was a branch may become a folder of branches.
    git('update-ref', '-d', 'refs/heads/feature/a');
    git('update-ref', 'refs/heads/feature', 'HEAD');
    expect((await prepare(pull(7), { baseRef: 'feature' })).kind).toBe('ready');
  });

  it('refuses names that would be paths or options', async () => {
    const headSha = pull(7);
    for (const repo of ['../../etc/passwd', 'a/..', 'a/../b', '-a/b', 'a/.git', 'a', 'a/b/c']) {
      await expect(sources.prepare({ repo, number: 7, baseRef: 'main', headSha }), repo).rejects.toThrow(
        Permanent,
      );
    }
    await expect(prepare('--output=x')).rejects.toThrow(Permanent);
  });

  it('carries submodules and links as harmless entries, and what .gitattributes hides from archives', async () => {
    git('checkout', '-qb', 'topic');
    await symlink('/etc/passwd', join(origin, 'link'));
    await write('.gitattributes', 'bot/** export-ignore\nsubst.txt export-subst\n');
    await write('subst.txt', '$Format:%H$\n');
    await write('7.diff', 'of the pull request\n');
    git('add', '-A');
    git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD')},module`);
    git('commit', '-qm', 'topic');
    const { names, text } = await unpack(ready(await prepare(pull(7))), folder);
    expect(names).toContain('bot/build.sh');
    expect(names).toContain('link');
    expect(await text('subst.txt')).toBe('$Format:%H$\n');
    expect(await text('7.diff')).toContain('diff --git');
  });

  it('shares one merge between the builds of a request', async () => {
    const head = pull(7);
    const [first, second] = await Promise.all([prepare(head), prepare(head)]);
    expect(await prepare(head)).toBe(first);
    expect(second).toBe(first);
    expect(fetches).toBe(1);
  });

  it('serves two pull requests of a repository at once', async () => {
    const head = pull(7);
    pull(8);
    const results = await Promise.all([prepare(head), prepare(head, { number: 8 })]);
    expect(results.map((result) => result.kind)).toEqual(['ready', 'ready']);
  });

  it('may be tried again when the repository does not answer', async () => {
    const head = pull(7);
    expect((await prepare(head)).kind).toBe('ready');
    await rm(join(origin, '.git'), { recursive: true });
    await expect(prepare(head, { number: 8 })).rejects.toThrow(Retryable);
  });

  it('makes a new mirror when a crash left a lock in the old one', async () => {
    const head = pull(7);
    await prepare(head);
    const reopened = () => {
      const access = async () => ({ url: `file://${origin}`, token: null });
      return gitSources({ dataDir: join(folder, 'data'), access, log });
    };
    await write('later.txt', 'later\n');
    commit('later');
    const mirror = join(folder, 'data/mirrors/EESSI/software-layer.git');
    await writeFile(join(mirror, 'packed-refs.lock'), '');
    const [ref = ''] = execFileSync('git', ['-C', mirror, 'for-each-ref', '--format=%(refname)'], {
      encoding: 'utf8',
    }).split('\n');
    await writeFile(join(mirror, `${ref}.lock`), '');
    const again = { repo: 'EESSI/software-layer', number: 7, baseRef: 'main', headSha: head };
    await expect(reopened().prepare(again)).rejects.toThrow(Retryable);
    expect((await reopened().prepare(again)).kind).toBe('ready');
  });

  it('cuts an archive that is too large, though its tree is a few bytes', async () => {
    const shown = (names: string[]) =>
      Promise.all(names.map((name) => write(`data/${name}`, '\0'.repeat(50_000))));
    const small = gitSources({
      ...{ dataDir: join(folder, 'data'), log, largestArchive: 300_000 },
      access: async () => ({ url: `file://${origin}`, token: null }),
    });
    const prepared = async (number: number) =>
      ready(
        await small.prepare({ repo: 'EESSI/software-layer', number, baseRef: 'main', headSha: pull(number) }),
      );
    await shown(['1', '2', '3']);
    commit('one file under three names');
    expect((await unpack(await prepared(7), folder)).names).toContain('data/3');
    await shown(['4', '5', '6']);
    commit('under six');
    const archive = await (await prepared(8)).open();
    const failure = buffer(archive);
    await expect(failure).rejects.toThrow(Permanent);
    await expect(failure).rejects.toThrow('git archive says more than 300000 bytes');
  });

  it('shows the token to the server alone: not in the URL, not on the command line', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/EESSI/software-layer.git`;
    const guarded = gitSources({
      dataDir: join(folder, 'data'),
      access: async () => ({ url, token: 's3cret' }),
      log,
    });
    const failure = guarded.prepare({ repo: 'EESSI/x', number: 7, baseRef: 'main', headSha: pull(7) });
    await expect(failure).rejects.toThrow(Permanent);
    await expect(failure).rejects.not.toThrow('s3cret');
    server.close();
    expect(seen[0]).toBe(`Basic ${Buffer.from('x-access-token:s3cret').toString('base64')}`);
    expect(seen[1]).not.toContain('s3cret');
    const config = await readFile(join(folder, 'data/mirrors/EESSI/x.git/config'), 'utf8');
    expect(config).not.toContain('s3cret');
  });
});

function ready(result: SourceResult): Source {
  if (result.kind !== 'ready') throw new Error(JSON.stringify(result));
  return result.source;
}

/** Unpacks an archive; names of its files and links, sorted. */
async function unpack(source: Source, folder: string) {
  const into = await mkdtemp(join(folder, 'unpacked-'));
  execFileSync('tar', ['-x', '-C', into], { input: await buffer(await source.open()) });
  const found = execFileSync('find', [into, '!', '-type', 'd', '-printf', '%P\n'], { encoding: 'utf8' });
  return {
    names: found.trim().split('\n').sort(),
    text: (path: string) => readFile(join(into, path), 'utf8'),
  };
}
