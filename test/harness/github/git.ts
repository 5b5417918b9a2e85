/** A bare repository, read and written with git's plumbing. No user configuration is read or needed. */
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from './git-run.ts';

/** A file's new content, its content with a mode (`100755`, `120000`), or null to delete it. */
export type FileChange = string | Uint8Array | { content: string | Uint8Array; mode: string } | null;

export interface Identity {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface CommitInfo {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Identity;
  readonly committer: Identity;
  readonly message: string;
}

export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number | null;
}

const noSha = '0'.repeat(40);

export class GitRepository {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes an empty bare repository that serves any commit by its sha, as GitHub does. */
  static async create(dir: string): Promise<GitRepository> {
    await mkdir(dir, { recursive: true });
    const repository = new GitRepository(dir);
    await repository.run(['init', '--quiet', '--bare', '--initial-branch=main', '--template=']);
    await repository.configure();
    return repository;
  }

  /** A copy with all branches of `source`, as a fork is. */
  static async clone(source: GitRepository, dir: string): Promise<GitRepository> {
    const repository = await GitRepository.create(dir);
    await repository.fetch(source, '+refs/heads/*:refs/heads/*');
    return repository;
  }

  private async configure(): Promise<void> {
    const settings = [
      '[http]\n\treceivepack = true',
      '[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowReachableSHA1InWant = true\n\tallowFilter = true',
      '[receive]\n\thideRefs = refs/pull',
      '[gc]\n\tauto = 0',
    ];
    await appendFile(join(this.dir, 'config'), `${settings.join('\n')}\n`);
  }

  /** Runs git here and resolves with its stdout; exit codes other than 0 and `accept` throw a GitError. */
  async run(args: readonly string[], options: Parameters<typeof runGit>[2] = {}): Promise<Buffer> {
    return await runGit(this.dir, args, options);
  }

  private async text(args: readonly string[], accept: readonly number[] = []): Promise<string> {
    return (await this.run(args, { accept })).toString().trim();
  }

  /** The commit a branch, ref or sha names, or null. */
  async resolve(revision: string): Promise<string | null> {
    const wanted = `${revision}^{commit}`;
    const sha = await this.text(['rev-parse', '--verify', '--quiet', '--end-of-options', wanted], [1, 128]);
    return /^[0-9a-f]{40}$/.test(sha) ? sha : null;
  }

  /** The kind of object a sha names (`blob`, `tree`, `commit`, `tag`), or null. */
  async typeOf(sha: string): Promise<string | null> {
    if (!/^[0-9a-f]{40}$/.test(sha)) return null;
    return (await this.text(['cat-file', '-t', sha], [1, 128])) || null;
  }

  /** All refs below a prefix such as `refs/heads/`. */
  async refs(prefix = 'refs/'): Promise<{ ref: string; sha: string; type: string }[]> {
    const lines = await this.text(['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)']);
    const refs = lines
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [sha = '', type = '', ref = ''] = line.split(' ');
        return { ref, sha, type };
      });
    return refs.filter(({ ref }) => ref.startsWith(prefix));
  }

  /** Moves or makes a ref; with `expected` only when it is there now (the empty string: when it is new). */
  async setRef(ref: string, sha: string, expected?: string): Promise<void> {
    const old = expected === undefined ? [] : [expected === '' ? noSha : expected];
    await this.run(['update-ref', ref, sha, ...old]);
  }

  async deleteRef(ref: string): Promise<void> {
    await this.run(['update-ref', '-d', ref]);
  }

  async fetch(source: GitRepository, refspec: string): Promise<void> {
    await this.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', source.dir, refspec]);
  }

  /** Writes one commit of file changes on top of `parent` (null: a first commit) and points `branch` at it. */
  async commit(change: {
    branch: string;
    parent: string | null;
    changes: Record<string, FileChange>;
    message: string;
    author: Identity;
  }): Promise<string> {
    const seconds = Math.floor(Date.parse(change.author.date) / 1000);
    const who = `${change.author.name} <${change.author.email}> ${seconds} +0000`;
    const parts: (string | Uint8Array)[] = [
      `commit refs/heads/${change.branch}\nmark :1\nauthor ${who}\ncommitter ${who}\n`,
      ...data(change.message),
      change.parent === null ? '' : `from ${change.parent}\n`,
    ];
    for (const [path, file] of Object.entries(change.changes)) {
      if (file === null) {
        parts.push(`D ${quotedPath(path)}\n`);
        continue;
      }
      const { content, mode } =
        typeof file === 'string' || file instanceof Uint8Array ? { content: file, mode: '100644' } : file;
      parts.push(`M ${mode} inline ${quotedPath(path)}\n`, ...data(content));
    }
    parts.push('\nget-mark :1\n');
    const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return (await this.run(['fast-import', '--quiet', '--force'], { input })).toString().trim();
  }

  /** Commits as `git log` names them, newest first. */
  async log(args: readonly string[]): Promise<CommitInfo[]> {
    const format = '%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B';
    const out = (await this.run(['log', '-z', `--format=${format}`, ...args, '--'])).toString();
    return out
      .split('\0')
      .filter(Boolean)
      .map((record) => {
        const [
          sha = '',
          tree = '',
          parents = '',
          an = '',
          ae = '',
          ad = '',
          cn = '',
          ce = '',
          cd = '',
          message = '',
        ] = record.split('\x1f');
        return {
          sha,
          tree,
          parents: parents.split(' ').filter(Boolean),
          author: { name: an, email: ae, date: utc(ad) },
          committer: { name: cn, email: ce, date: utc(cd) },
          message: message.replace(/\n$/, ''),
        };
      });
  }

  async commitInfo(sha: string): Promise<CommitInfo> {
    const [info] = await this.log(['--no-walk', sha]);
    if (info === undefined) throw new Error(`no commit ${sha} in ${this.dir}`);
    return info;
  }

  async tree(treeish: string, recursive: boolean): Promise<TreeEntry[]> {
    const out = await this.run(['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), treeish]);
    return out
      .toString()
      .split('\0')
      .filter(Boolean)
      .map((record) => {
        const [head = '', path = ''] = record.split('\t');
        const [mode = '', type = '', sha = '', size = '-'] = head.split(/ +/);
        return { path, mode, type, sha, size: size === '-' ? null : Number(size) };
      });
  }

  /** The entry at a path of a tree or commit, or null. */
  async entryAt(treeish: string, path: string): Promise<TreeEntry | null> {
    const out = await this.run(['ls-tree', '-z', '-l', '--full-tree', treeish, '--', path]);
    const entry = out
      .toString()
      .split('\0')
      .find((record) => record.endsWith(`\t${path}`));
    if (entry === undefined) return null;
    const [mode = '', type = '', sha = '', size = '-'] = (entry.split('\t')[0] ?? '').split(/ +/);
    return { path, mode, type, sha, size: size === '-' ? null : Number(size) };
  }

  async blob(sha: string): Promise<Buffer> {
    return await this.run(['cat-file', 'blob', sha]);
  }

  async writeBlob(content: Uint8Array): Promise<string> {
    return (await this.run(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  }

  /** A tree made of `base` (a treeish, or null for nothing) and entries; an entry with sha null is deleted. */
  async writeTree(
    base: string | null,
    entries: readonly { path: string; mode: string; sha: string | null }[],
  ): Promise<string> {
    const index = join(this.dir, `index-${randomUUID()}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await this.run(base === null ? ['read-tree', '--empty'] : ['read-tree', base], { env });
      const lines = entries.map(({ path, mode, sha }) =>
        sha === null ? `0 ${noSha}\t${path}\0` : `${mode} ${sha}\t${path}\0`,
      );
      await this.run(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
      return (await this.run(['write-tree'], { env })).toString().trim();
    } finally {
      await rm(index, { force: true });
    }
  }

  async writeCommit(commit: Omit<CommitInfo, 'sha'>): Promise<string> {
    const stamp = (who: Identity) =>
      `${who.name} <${who.email}> ${Math.floor(Date.parse(who.date) / 1000)} +0000`;
    const lines = [
      `tree ${commit.tree}`,
      ...commit.parents.map((parent) => `parent ${parent}`),
      `author ${stamp(commit.author)}`,
      `committer ${stamp(commit.committer)}`,
    ];
    const input = `${lines.join('\n')}\n\n${commit.message}`;
    return (await this.run(['hash-object', '-t', 'commit', '-w', '--stdin'], { input })).toString().trim();
  }

  async mergeBase(one: string, other: string): Promise<string | null> {
    return (await this.text(['merge-base', one, other], [1])) || null;
  }

  /** The tree of a merge of two commits, or null when they conflict or share no history. */
  async mergedTree(ours: string, theirs: string): Promise<string | null> {
    const out = await this.text(['merge-tree', '--write-tree', '--no-messages', ours, theirs], [1, 128]);
    return /^[0-9a-f]{40}$/.test(out) ? out : null;
  }

  /** How many commits `head` has that `base` lacks. */
  async countAhead(base: string, head: string): Promise<number> {
    return Number(await this.text(['rev-list', '--count', `${base}..${head}`]));
  }
}

function data(content: string | Uint8Array): (string | Uint8Array)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function quotedPath(path: string): string {
  return /["\\\n]/.test(path) ? JSON.stringify(path) : path;
}

function utc(date: string): string {
  return `${new Date(date).toISOString().slice(0, 19)}Z`;
}
