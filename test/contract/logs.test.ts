import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileLogs } from '../../src/builders/logs.ts';
import type { LogStore } from '../../src/ports.ts';

let folder: string;
let logs: LogStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-logs-'));
  logs = fileLogs(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async (id: number, from = 0) => text(await logs.read(id, from));
const ended = async () => true;
/** As if the last word had come an hour ago. */
const anHourLater = () => {
  logs = fileLogs(folder, () => Date.now() + 3_600_000);
};

describe('what is appended', () => {
  test('is told to those who listen, when there was something new', async () => {
    const told: string[] = [];
    const stop = logs.onAppend(1, () => told.push('one'));
    logs.onAppend(2, () => told.push('two'));
    await logs.append(1, 0, Buffer.from('a'));
    await logs.append(1, 0, Buffer.from('a'));
    await logs.append(2, 0, Buffer.from('b'));
    stop();
    await logs.append(1, 1, Buffer.from('c'));
    expect(told).toEqual(['one', 'two']);
  });

  test('can be read when it is told', async () => {
    const seen = new Promise<string>((resolve) => logs.onAppend(1, () => resolve(read(1))));
    await logs.append(1, 0, Buffer.from('a line\n'));
    expect(await seen).toBe('a line\n');
  });

  test('is whole when two tell the same at once', async () => {
    await Promise.all([logs.append(1, 0, Buffer.from('one ')), logs.append(1, 0, Buffer.from('one two'))]);
    expect(await read(1)).toBe('one two');
  });
});

describe('compressing', () => {
  beforeEach(() => logs.append(7, 0, Buffer.from('first\nsecond\n'.repeat(10_000))));

  test('is left alone while the build goes on, and for some minutes after its last word', async () => {
    expect(await logs.compressEnded(ended)).toBe(0);
    anHourLater();
    expect(await logs.compressEnded(async () => false)).toBe(0);
    expect(await readdir(folder)).toEqual(['b7.log']);
  });

  test('changes nothing for who reads', async () => {
    anHourLater();
    const asked: number[] = [];
    expect(await logs.compressEnded(async (id) => asked.push(id) > 0)).toBe(1);
    expect(asked).toEqual([7]);
    expect(await readdir(folder)).toEqual(['b7.log.gz']);
    expect(gunzipSync(await readFile(join(folder, 'b7.log.gz')))).toHaveLength(130_000);
    expect(await logs.size(7)).toBe(130_000);
    expect(await read(7)).toBe('first\nsecond\n'.repeat(10_000));
    expect(await read(7, 129_993)).toBe('second\n');
    expect(await read(7, 130_001)).toBe('');
    expect(await logs.compressEnded(ended)).toBe(0);
  });

  test('does not disturb who reads already', async () => {
    anHourLater();
    const reader = await logs.read(7, 0);
    await logs.compressEnded(ended);
    expect(await text(reader)).toHaveLength(130_000);
  });

  test('late words are added', async () => {
    anHourLater();
    await logs.compressEnded(ended);
    await logs.append(7, 129_993, Buffer.from('second\nthird\n'));
    expect(await logs.size(7)).toBe(130_006);
    expect(await read(7, 129_987)).toBe('first\nsecond\nthird\n');
    await utimes(join(folder, 'b7.log'), 0, 0);
    expect(await logs.compressEnded(ended)).toBe(1);
    expect(await read(7, 129_993)).toBe('second\nthird\n');
    expect(await readdir(folder)).toEqual(['b7.log.gz']);
  });

  test.each([
    ['while it was written', 'b7.log.gz.part', Buffer.from('half')],
    ['before the plain file was removed', 'b7.log.gz', gzipSync('first\n')],
  ])('a death %s costs nothing', async (_when, name, content) => {
    await writeFile(join(folder, name), content);
    expect(await logs.size(7)).toBe(130_000);
    anHourLater();
    expect(await logs.compressEnded(ended)).toBe(1);
    expect(await readdir(folder)).toEqual(['b7.log.gz']);
    expect(await read(7)).toHaveLength(130_000);
  });

  test('a death while it was taken up again costs nothing', async () => {
    anHourLater();
    await logs.compressEnded(ended);
    await writeFile(join(folder, 'b7.log.part'), 'half');
    expect(await read(7)).toHaveLength(130_000);
    await logs.append(7, 130_000, Buffer.from('third\n'));
    expect(await read(7, 129_993)).toBe('second\nthird\n');
  });

  test('a file that was damaged is an error, not a shorter log', async () => {
    anHourLater();
    await logs.compressEnded(ended);
    const whole = await readFile(join(folder, 'b7.log.gz'));
    await writeFile(join(folder, 'b7.log.gz'), whole.subarray(0, whole.length - 12));
    await expect(read(7)).rejects.toThrow();
  });

  test('other files in the folder are nothing to it', async () => {
    await writeFile(join(folder, 'notes.log'), '');
    await writeFile(join(folder, 'b0.log'), '');
    anHourLater();
    expect(await logs.compressEnded(ended)).toBe(1);
  });
});

test('no folder, no logs', async () => {
  logs = fileLogs(join(folder, 'later'));
  expect(await logs.compressEnded(ended)).toBe(0);
  expect(await logs.size(1)).toBe(0);
  expect(await read(1)).toBe('');
});

test('a log is forgotten when it is compressed, old and kept elsewhere; brought back it is young', async () => {
  const future = Date.now() + 60_000;
  for (const id of [1, 2]) await logs.append(id, 0, Buffer.from('a line\n'));
  expect(await logs.forget(future, ended)).toBe(0);
  anHourLater();
  await logs.compressEnded(ended);
  await logs.append(3, 0, Buffer.from('a line\n'));
  expect(await logs.forget(Date.now() - 60_000, ended)).toBe(0);
  const old = Date.now() / 1000 - 3600;
  for (const id of [1, 2]) await utimes(join(folder, `b${id}.log.gz`), old, old);
  expect(await logs.forget(Date.now() - 60_000, async (id) => id === 2)).toBe(1);
  expect((await readdir(folder)).sort()).toEqual(['b1.log.gz', 'b3.log']);
  await logs.restore(2, Readable.from([gzipSync('a line\n')]));
  expect(await logs.forget(Date.now() - 60_000, ended)).toBe(1);
  expect(await read(2)).toBe('a line\n');
});
