import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { type Compression, decompress, meaningOf, trailing } from './decompress.ts';

/** Large enough for few calls, small enough to stay in a processor's cache while it is looked at. */
const outputBytes = 256 * 1024;

/**
 * The same as `decompress`, in this thread instead of zlib's: for a thread that has nothing else to do. Each chunk is
 * good until the next one is asked for, as all of them lie in one buffer: nothing is allocated and no page touched anew.
 *
 * Node has no public call that decompresses into a given buffer, so this drives the handle below its stream. On a
 * Node whose handle looks otherwise, it falls back to the stream.
 */
export async function* decompressHere(
  compressed: AsyncIterable<Buffer>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  const stream = compression === 'gz' ? createGunzip() : createZstdDecompress();
  try {
    const inner = innerOf(stream);
    if (inner === null) yield* decompress(compressed, compression);
    else yield* driven(compressed, compression, inner);
  } finally {
    stream.destroy();
  }
}

async function* driven(
  compressed: AsyncIterable<Buffer>,
  compression: Compression,
  { _handle: handle, _writeState: left }: Inner,
): AsyncGenerator<Buffer> {
  const output = Buffer.allocUnsafeSlow(outputBytes);
  const finish = compression === 'gz' ? constants.Z_FINISH : constants.ZSTD_e_end;
  let failed: { message: string; code: string } | null = null;
  handle.onerror = (message, _number, code) => {
    failed = { message, code };
  };
  let firstByte: number | undefined;
  let follows = false;

  function* feed(chunk: Buffer, flush: number): Generator<Buffer> {
    let at = 0;
    for (;;) {
      const given = chunk.length - at;
      handle.writeSync(flush, chunk, at, given, output, 0, outputBytes);
      const [roomLeft = 0, inputLeft = 0] = left;
      if (failed !== null) throw meaningOf(failed, { compression, firstByte, follows });
      at = chunk.length - inputLeft;
      if (roomLeft < outputBytes) yield output.subarray(0, outputBytes - roomLeft);
      if (roomLeft === 0) continue; // there may be more of it
      if (inputLeft === 0) return;
      // It stopped before the end of its input: a frame has ended. What follows is another, or not taken at all.
      if (follows && inputLeft === given && roomLeft === outputBytes) throw trailing();
      follows = true;
    }
  }

  for await (const chunk of compressed) {
    firstByte ??= chunk[0];
    yield* feed(chunk, 0);
  }
  yield* feed(Buffer.alloc(0), finish);
}

/** What a decompressing stream of Node has below it (lib/zlib.js and src/node_zlib.cc, the same since Node 11). */
interface Inner {
  _handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void;
    onerror: (message: string, number: number, code: string) => void;
  };
  /** After a write: bytes of the output, and of the input, that were not used. */
  _writeState: Uint32Array;
}

function innerOf(stream: Transform): Inner | null {
  const inner = stream as unknown as Partial<Inner>;
  const known = typeof inner._handle?.writeSync === 'function' && inner._writeState instanceof Uint32Array;
  return known ? (inner as Inner) : null;
}
