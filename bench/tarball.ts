import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, figure, type Report, withGoal } from './report.ts';
import type { Collected } from './tarball-collect.ts';
import { FILES, type Made, makeTarball } from './tarball-made.ts';

const RUNS = 5;
const LIMIT_BYTES = 150 * 2 ** 20;

/**
 * A whole collection into a directory (hash, list, judge, store), beside decompressing the same file, hashing it, and writing it
 * to the disk: each of them is a part of it, so no collection is faster than the slowest, however fast decompressing is.
 */
export async function tarball(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-bench-tarball-'));
  const figures: Figure[] = [];
  try {
    for (const compression of ['gz', 'zst'] as const) {
      const made = await makeTarball(folder, compression);
      figures.push(...(await beside(made, compression)));
      await rm(made.path);
    }
    const peaks: number[] = [];
    for (const times of [1, 4]) peaks.push(await peakOf((await makeTarball(folder, 'zst', times)).path));
    const limit = figure('limit', 'MiB', [LIMIT_BYTES / 2 ** 20]);
    const first = figure('peak memory of a process', 'MiB', peaks.slice(0, 1), limit);
    figures.push(first, figure('… with a tarball four times as large', 'MiB', peaks.slice(1), first));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { bench: 'tarball', figures };
}

/** Ours and the peers by turns, so that whatever else the machine does falls on all of them. */
async function beside({ path, bytes, contentBytes }: Made, compression: 'gz' | 'zst'): Promise<Figure[]> {
  const child = start();
  const times = {
    collect: [] as number[],
    decompress: [] as number[],
    sha256: [] as number[],
    write: [] as number[],
  };
  const tool = compression === 'gz' ? 'gzip' : 'zstd';
  for (let run = 0; run <= RUNS; run += 1) {
    const decompress = await timed(tool, ['-dcq', path]);
    const sha256 = await timed('sha256sum', [path]);
    const copy = [`if=${path}`, `of=${path}.copy`, 'bs=1M', 'conv=fsync', 'status=none'];
    const write = await timed('dd', copy);
    const { ms } = await collect(child, path);
    if (run === 0) continue; // warms up the file and the code
    times.collect.push(ms);
    times.decompress.push(decompress);
    times.sha256.push(sha256);
    times.write.push(write);
  }
  child.disconnect();
  const what = `${Math.round(bytes / 1e6)} MB ${compression}, ${(contentBytes / bytes).toFixed(1)} : 1`;
  const peer = figure(`${tool} -dc`, 'ms', times.decompress);
  const digest = figure('sha256sum', 'ms', times.sha256);
  const written = figure('dd conv=fsync', 'ms', times.write);
  const [limit = peer] = [peer, digest, written].sort((a, b) => b.median - a.median);
  return [
    { ...peer, name: `${peer.name}, ${what}` },
    { ...digest, name: `${digest.name}, ${what}` },
    { ...written, name: `${written.name}, ${what}` },
    withGoal(
      figure(`collect, ${what}, ${FILES.toLocaleString('en-US')} files`, 'ms', times.collect, peer),
      1.15,
    ),
    withGoal(figure('… against the slowest of these', 'ms', times.collect, limit), 1.15),
  ];
}

async function peakOf(path: string): Promise<number> {
  const child = start();
  const { peakBytes } = await collect(child, path);
  child.disconnect();
  return peakBytes / 2 ** 20;
}

function start(): ChildProcess {
  return fork(new URL('./tarball-collect.ts', import.meta.url), { execArgv: [] });
}

async function collect(child: ChildProcess, path: string): Promise<Collected> {
  child.send(path);
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the collecting process ended'))),
  ]);
  return answer as Collected;
}

async function timed(command: string, args: readonly string[]): Promise<number> {
  const begin = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return performance.now() - begin;
}
