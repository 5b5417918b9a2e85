import { createHash, type Hash } from 'node:crypto';
import type { TarMember } from '../../domain/artifact.ts';
import { Permanent } from '../../domain/errors.ts';
import { PathIndex } from '../../domain/path-index.ts';
import { showName } from '../../domain/tarball-policy.ts';
import { BrokenTarball } from '../../tarball/decompress.ts';
import { piecesOf, type TarballFile, type TarPiece } from '../../tarball/pieces.ts';

/** What tarballs that go into one tar have in them. */
export interface Contents {
  files: number;
  /** Length of the joined tar, about. */
  bytes: number;
  /** Files number 1, 2, 4, 8 … of each tarball, to be compared with what is published. */
  sample: { path: string; sha256: string }[];
  /** Paths that are in more than one of them, the same each time. */
  repeated: ReadonlySet<string>;
}

/** A path that will be there, below the base; every directory once, whether a member names it or only needs it. */
export interface Place {
  path: string;
  kind: 'directory' | 'file' | 'link';
  /** Of a file's content; 0 for all else. */
  bytes: number;
  /** Where a link leads; for a file that is a hard link, the member it is the same as. */
  link: string | null;
}

export interface Survey {
  /** Reads everything; the contents are complete at its end. Throws Permanent for what cannot go into one tar. */
  places(): AsyncGenerator<Place>;
  contents(): Promise<Contents>;
}

/**
 * Reads tarballs that are to become one tar, where a path may be only once: `cvmfs_server` fails on a file that is there
 * twice, and replaces a directory by a file without a word. Files that several tarballs share (`init`, `scripts`) must
 * be the same in all of them.
 */
export function surveyOf(files: readonly TarballFile[]): Survey {
  const seen = new PathIndex();
  const repeated = new Set<string>();
  const contents = { files: 0, bytes: 0, sample: [] as Contents['sample'], repeated };

  const judge = (member: TarMember, path: string): void => {
    const clash = (other: string): Permanent =>
      new Permanent(
        `The tarballs of the deploy do not fit together: ${showName(path)} and ${showName(other)}.`,
      );
    // The spool refuses these by policy; here they would decide what is looked at, and where things are unpacked.
    if (
      path.startsWith('/') ||
      path.split('/').some((part) => part === '..' || part === '.' || part === '')
    ) {
      throw new Permanent(`${showName(path)} is no path below the base.`);
    }
    const above = seen.enter(path);
    if (above !== null) throw clash(above.path);
    const before = seen.get(path);
    const isDirectory = member.type === 'directory';
    const wasDirectory = before === 'directory' || before === 'implied';
    if (before !== null && isDirectory !== wasDirectory) throw clash(path);
    if (before !== null && !isDirectory) repeated.add(path);
    seen.set(path, member.type === 'symlink' ? 'symlink' : isDirectory ? 'directory' : 'file');
  };

  async function* places(): AsyncGenerator<Place> {
    const directories = new Set<string>();
    for (const file of files) {
      let count = 0;
      const sampler = new Digester((path, sha256) => contents.sample.push({ path, sha256 }));
      for await (const piece of checked(file)) {
        contents.bytes += piece.bytes.length;
        if (piece.kind === 'header') {
          const path = plainPath(piece.member);
          judge(piece.member, path);
          for (const parent of [...parentsOf(path), ...(piece.member.type === 'directory' ? [path] : [])]) {
            if (directories.has(parent)) continue;
            directories.add(parent);
            yield { path: parent, kind: 'directory', bytes: 0, link: null };
          }
          const { type, bytes, link } = piece.member;
          if (type !== 'directory') yield { path, kind: type === 'symlink' ? 'link' : 'file', bytes, link };
          if (piece.member.type === 'file' && isPowerOfTwo(++count)) sampler.begin(piece.member);
          if (piece.member.type === 'file') contents.files++;
        } else sampler.take(piece.bytes);
      }
      sampler.end();
    }
  }

  return {
    places,
    async contents() {
      await refuseDifferences(files, repeated);
      return contents;
    },
  };
}

/** Throws Permanent where a repeated path is not the same in all tarballs. */
async function refuseDifferences(
  files: readonly TarballFile[],
  repeated: ReadonlySet<string>,
): Promise<void> {
  if (repeated.size === 0) return;
  const first = new Map<string, string>();
  const compare = (path: string, identity: string): void => {
    const before = first.get(path);
    if (before === undefined) first.set(path, identity);
    else if (before !== identity) {
      throw new Permanent(
        `Two tarballs of the deploy have ${showName(path)}, and not with the same content.`,
      );
    }
  };
  for (const file of files) {
    const digester = new Digester((path, sha256) => compare(path, `file ${sha256}`));
    for await (const piece of checked(file)) {
      const { member } = piece;
      if (piece.kind === 'content') digester.take(piece.bytes);
      else if (repeated.has(member.path)) {
        if (member.type === 'file') digester.begin(member);
        else compare(member.path, `${member.type} ${member.link}`);
      }
    }
    digester.end();
  }
}

/** Digests of the contents of files that are `wanted`, in order. */
export async function* digestsOf(
  files: readonly TarballFile[],
  wanted: (file: { path: string }) => boolean,
): AsyncGenerator<{ path: string; sha256: string }> {
  let done: { path: string; sha256: string }[] = [];
  for (const file of files) {
    const digester = new Digester((path, sha256) => done.push({ path, sha256 }));
    for await (const { kind, member, bytes } of checked(file)) {
      if (kind === 'content') digester.take(bytes);
      else if (member.type === 'file' && wanted(member)) digester.begin(member);
      yield* done;
      done = [];
    }
  }
}

/** Digests of the contents of members that are begun. */
class Digester {
  readonly #done: (path: string, sha256: string) => void;
  #current: { path: string; left: number; hash: Hash } | null = null;

  constructor(done: (path: string, sha256: string) => void) {
    this.#done = done;
  }

  begin(member: TarMember): void {
    this.end();
    this.#current = { path: member.path, left: member.bytes, hash: createHash('sha256') };
    if (member.bytes === 0) this.end();
  }

  /** Bytes after the content, such as padding and the next members', are not its. */
  take(bytes: Buffer): void {
    if (this.#current === null) return;
    this.#current.hash.update(bytes.subarray(0, this.#current.left));
    this.#current.left = Math.max(0, this.#current.left - bytes.length);
    if (this.#current.left === 0) this.end();
  }

  end(): void {
    if (this.#current === null) return;
    const { path, hash } = this.#current;
    this.#current = null;
    this.#done(path, hash.digest('hex'));
  }
}

async function* checked(file: TarballFile): AsyncGenerator<TarPiece> {
  try {
    yield* piecesOf(file);
  } catch (error) {
    if (!(error instanceof BrokenTarball)) throw error;
    throw new Permanent(`${file.path}: ${error.message}`, { cause: error });
  }
}

function plainPath(member: TarMember): string {
  return member.path.replace(/\/+$/, '');
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
