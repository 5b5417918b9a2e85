import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readBody } from '../../../src/handlers/read-body.ts';

describe('reading a body', () => {
  test('ends when it grows over the limit, unread from there', async () => {
    const stream = new PassThrough();
    const reading = readBody(stream, { limit: 4, timeoutMs: 10_000 });
    stream.write('12345');
    await expect(reading).rejects.toMatchObject({ status: 413 });
    expect(stream.isPaused()).toBe(true);
  });

  test('ends when it does not', async () => {
    const stream = new PassThrough();
    stream.write('{"half":');
    await expect(readBody(stream, { limit: 100, timeoutMs: 5 })).rejects.toMatchObject({ status: 408 });
  });

  test('keeps characters whole across chunks', async () => {
    const stream = new PassThrough();
    const reading = readBody(stream, { limit: 100, timeoutMs: 10_000 });
    const bytes = Buffer.from('"é"');
    stream.write(bytes.subarray(0, 2));
    stream.end(bytes.subarray(2));
    expect(await reading).toBe('"é"');
  });
});
