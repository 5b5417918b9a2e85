/** A tarball for measuring: as many files as a real one has, made of what programs and their sources are made of. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { tarEnd, tarMember } from '../test/harness/tarballs.ts';

export const FILES = 26_000;
const PREFIX = '2025.06/software/linux/x86_64/amd/zen2';

/** Kinds of files, how many of a hundred they are, and their sizes in bytes: most are small, most bytes are in libraries. */
const KINDS = [
  { of: 'sources', share: 60, least: 400, most: 14_000, ending: 'py' },
  { of: 'binary', share: 34, least: 2_000, most: 30_000, ending: 'o' },
  { of: 'binary', share: 6, least: 30_000, most: 180_000, ending: 'so' },
] as const;

/** The kind of each of a hundred files. */
const KINDS_BY_SHARE = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

export interface Made {
  path: string;
  bytes: number;
  contentBytes: number;
}

/**
 * Writes a tarball, compressed by the usual tool. Its files are pieces of Node's own binary and of TypeScript's source, from places
 * that a fixed series of numbers picks: the same versions give the same bytes, and they compress as real software does.
 * @param times how many times as many files as usual
 */
export async function makeTarball(folder: string, compression: 'gz' | 'zst', times = 1): Promise<Made> {
  const epoch = 1_760_000_000 + times;
  const path = join(folder, `eessi-2025.06-software-linux-x86_64-amd-zen2-${epoch}.tar.${compression}`);
  const material = {
    binary: await readFile(process.execPath),
    sources: await readFile(fileURLToPath(import.meta.resolve('typescript'))),
  };
  const count = { bytes: 0 };
  const child = spawn(compression === 'gz' ? 'gzip' : 'zstd', ['-cq3'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.all([
    pipeline(Readable.from(members(material, FILES * times, count), { highWaterMark: 64 }), child.stdin),
    pipeline(child.stdout, createWriteStream(path)),
  ]);
  return { path, bytes: (await stat(path)).size, contentBytes: count.bytes };
}

function* members(
  material: Record<(typeof KINDS)[number]['of'], Buffer>,
  files: number,
  count: { bytes: number },
): Generator<Buffer> {
  const next = series();
  for (let file = 0; file < files; file += 1) {
    const kind = KINDS_BY_SHARE[next(100)] ?? KINDS[0];
    const from = material[kind.of];
    const bytes = kind.least + next(kind.most - kind.least);
    const at = next(from.length - bytes);
    count.bytes += bytes;
    const software = `Package${Math.floor(file / 650)}/1.0-foss-2023b`;
    const path = `${PREFIX}/software/${software}/lib/python3.11/part-${file}.${kind.ending}`;
    yield tarMember({ path, content: from.subarray(at, at + bytes) });
  }
  yield tarEnd;
}

/** Whole numbers below a limit, the same ones every time (Numerical Recipes' generator, its better bits). */
function series(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((((state ^ (state >>> 15)) >>> 0) / 2 ** 32) * below);
  };
}
