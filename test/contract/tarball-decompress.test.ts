import { describe, expect, it } from 'vitest';
import { BrokenTarball, type Compression, decompress } from '../../src/tarball/decompress.ts';
import { decompressHere } from '../../src/tarball/decompress-here.ts';
import { compress, inChunks } from '../harness/tarballs.ts';

/** In zlib's thread, and in this one. */
const ways = { decompress, decompressHere };
type Way = keyof typeof ways;

/** Content, or the rule that the bytes break. */
async function decompressed(
  way: Way,
  pieces: AsyncIterable<Buffer>,
  compression: Compression,
): Promise<Buffer | string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of ways[way](pieces, compression)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof BrokenTarball) return error.violation.rule;
    throw error;
  }
}

describe.each<[Way, Compression]>([
  ['decompress', 'gz'],
  ['decompress', 'zst'],
  ['decompressHere', 'gz'],
  ['decompressHere', 'zst'],
])('%s %s', (way, compression) => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251));
  const frame = compress(content, compression);
  const magic = frame.subarray(0, 4);

  it.each<[string, Buffer, Buffer | string]>([
    ['one frame', frame, content],
    ['two frames', Buffer.concat([frame, frame]), Buffer.concat([content, content])],
    [
      'an empty frame between',
      Buffer.concat([frame, compress(Buffer.alloc(0), compression), frame]),
      Buffer.concat([content, content]),
    ],
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['the beginning of a header', frame.subarray(0, 3), 'truncated'],
    ['half a frame', frame.subarray(0, frame.length / 2), 'truncated'],
    ['all but the last byte', frame.subarray(0, -1), 'truncated'],
    ['half a second frame', Buffer.concat([frame, frame.subarray(0, frame.length / 2)]), 'truncated'],
    ['only a magic number after the frame', Buffer.concat([frame, magic]), 'truncated'],
    ['text after the frame', Buffer.concat([frame, Buffer.from('<html>not found</html>')]), 'trailing'],
    ['zeros after the frame', Buffer.concat([frame, Buffer.alloc(700)]), 'trailing'],
    ['a frame after zeros', Buffer.concat([frame, Buffer.alloc(700), frame]), 'trailing'],
    ['something else', Buffer.from('<html>not found</html>'), 'corrupt'],
    ['the other format', compress(content, compression === 'gz' ? 'zst' : 'gz'), 'corrupt'],
  ])('takes %s for what it is, in chunks of any size', async (_what, bytes, expected) => {
    for (const size of [64 * 1024, frame.length, 100, 7]) {
      const found = await decompressed(way, inChunks(bytes, size), compression);
      const shown =
        Buffer.isBuffer(found) && Buffer.isBuffer(expected) && found.equals(expected) ? expected : found;
      expect(Buffer.isBuffer(shown) ? shown.length : shown, `chunks of ${size}`).toBe(
        Buffer.isBuffer(expected) ? expected.length : expected,
      );
    }
  });

  it('notices a changed byte', async () => {
    const noise = Buffer.from(
      Array.from({ length: 50_000 }, (_, index) => (index * 7919 + (index >> 3) * 31) % 256),
    );
    const bytes = compress(noise, compression);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 30) ^ 0xff, bytes.length - 30);
    const found = await decompressed(way, inChunks(bytes, 1000), compression);
    // zstd as Node makes it has no checksum; what it gives then is not the content.
    expect(Buffer.isBuffer(found) ? found.equals(noise) : found).not.toBe(true);
  });

  it('passes errors of the source on', async () => {
    const failing = async function* () {
      yield frame.subarray(0, 100);
      throw new Error('the line went dead');
    };
    await expect(decompressed(way, failing(), compression)).rejects.toThrow('the line went dead');
  });
});

it.each<Way>(['decompress', 'decompressHere'])('%s reads skippable zstd frames as nothing', async (way) => {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
  const bytes = Buffer.concat([skippable, compress(Buffer.from('a'), 'zst'), skippable]);
  for (const size of [1, 12, 1000]) {
    expect(String(await decompressed(way, inChunks(bytes, size), 'zst'))).toBe('a');
  }
});

// Where a Node has another handle below its streams, this fails, and the collection is slower and right.
it.each<Compression>(['gz', 'zst'])(
  'decompressHere gives %s in one buffer, used again',
  async (compression) => {
    const bytes = compress(Buffer.alloc(2 ** 20), compression);
    const memory = new Set<ArrayBufferLike>();
    let chunks = 0;
    for await (const chunk of decompressHere(inChunks(bytes, bytes.length), compression)) {
      memory.add(chunk.buffer);
      chunks++;
    }
    expect([chunks, memory.size]).toEqual([4, 1]);
  },
);
