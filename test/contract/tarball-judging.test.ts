/** Tarballs judged in threads: what crosses over, what ends early, and what dies. */
import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { judgeHere, type Question } from '../../src/tarball/judge.ts';
import { judgeTarball } from '../../src/tarball/judging.ts';
import { expectZen2, nameOf, noise, zen2 } from '../harness/collecting.ts';
import { compress, inChunks, type MemberSpec, tar } from '../harness/tarballs.ts';

const threads: Worker[] = [];
const started = (worker: Worker): void => void threads.push(worker);
process.on('worker', started);
afterAll(() => process.off('worker', started));

const question: Question = { name: nameOf('zst'), expect: expectZen2, limits: defaultLimits };
const software = (name: string, bytes: number): MemberSpec => ({
  path: `${zen2}/software/${name}/1.0/lib`,
  content: noise(bytes),
});
/** Several chunks that are read apart from each other, each with its memory. */
const large = compress(tar([software('A', 4 * 2 ** 20), { path: '2023.06/device', flag: '3' }]), 'zst');
const chunkBytes = 100_000;

/** Gives what it has, and counts it. */
function counting(bytes: Buffer, count: { given: number }): AsyncGenerator<Buffer> {
  return (async function* () {
    for await (const chunk of inChunks(bytes, chunkBytes)) {
      count.given += chunk.length;
      yield chunk;
    }
  })();
}

describe('judgeTarball', () => {
  it('judges as it is judged here, and says early that it is broken', async () => {
    let broken = 0;
    const judgement = await judgeTarball(inChunks(large, chunkBytes), question, () => broken++);
    expect(judgement).toEqual(await judgeHere(inChunks(large, chunkBytes), question, () => {}));
    expect(judgement.violations.map(({ rule }) => rule)).toEqual(['outside', 'special']);
    expect(judgement.overview.software).toEqual(['A/1.0']);

    const first = compress(tar([{ path: 'x' }, software('A', 4 * 2 ** 20)]), 'zst');
    broken = 0;
    await judgeTarball(inChunks(first, chunkBytes), question, () => broken++);
    expect(broken).toBeGreaterThan(10);
  });

  it('keeps many at once apart, in threads that are used again', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `Package${index}`);
    const judge = (name: string) =>
      judgeTarball(inChunks(compress(tar([software(name, 700_000)]), 'zst'), chunkBytes), question);
    const before = threads.length;
    for (const _round of [1, 2]) {
      const judgements = await Promise.all(names.map(judge));
      expect(judgements.map(({ overview }) => overview.software)).toEqual(
        names.map((name) => [`${name}/1.0`]),
      );
    }
    for (const name of names) await judge(name);
    // Two wait for the next tarball, the others end.
    expect(threads.length - before).toBeLessThanOrEqual(names.length + names.length - 2);
  });

  it('stops reading soon after it has enough', async () => {
    const count = { given: 0 };
    const limits = { ...defaultLimits, bytes: 2 ** 20 };
    const { violations } = await judgeTarball(counting(large, count), { ...question, limits });
    expect(violations.map(({ rule }) => rule)).toEqual(['too-large']);
    expect(count.given).toBeLessThan(large.length);
  });

  it('passes errors of the source on, and is as good as before for the next', async () => {
    const failing = async function* () {
      yield large.subarray(0, chunkBytes);
      throw new Error('the line went dead');
    };
    await expect(judgeTarball(failing(), question)).rejects.toThrow('the line went dead');
    const count = threads.length;
    const { violations } = await judgeTarball(inChunks(large, chunkBytes), question);
    expect(violations.map(({ rule }) => rule)).toEqual(['outside', 'special']);
    expect(threads.length).toBe(count);
  });

  it('says that it may be tried again where the thread died, and does so in another', async () => {
    const dying = async function* () {
      yield large.subarray(0, chunkBytes);
      await Promise.all(threads.map((thread) => thread.terminate()));
      yield large.subarray(chunkBytes);
    };
    const judging = judgeTarball(dying(), question);
    await expect(judging).rejects.toThrow(/thread that reads tarballs died/);
    await expect(judging).rejects.toBeInstanceOf(Retryable);
    const { overview } = await judgeTarball(inChunks(large, chunkBytes), question);
    expect(overview.software).toEqual(['A/1.0']);
  });
});
