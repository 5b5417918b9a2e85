import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Violation } from '../domain/artifact.ts';

export type Compression = 'zst' | 'gz';

/** The bytes themselves are wrong: reading them again gives the same. */
export class BrokenTarball extends Error {
  override readonly name = 'BrokenTarball';
  readonly violation: Violation;
  constructor(rule: string, sentence: string) {
    super(sentence);
    this.violation = { rule, sentence };
  }
}

/**
 * Decompresses a stream of one or several gzip members or zstd frames as it is pulled, in constant memory. Throws
 * BrokenTarball for bytes that are cut off, corrupt, or follow the end; errors of the source pass as they are.
 *
 * Node's decompressors stop silently at what follows a frame in the same chunk (a second zstd frame, zeros after gzip).
 * What they left is given to a fresh one: either it is another frame, or the error says that it is not.
 */
export async function* decompress(
  compressed: AsyncIterable<Buffer>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  let engine = new Engine(compression, false);
  try {
    for await (const chunk of compressed) {
      let rest = chunk;
      for (;;) {
        const before = engine.taken;
        yield* engine.feed(rest);
        if (engine.taken === 0) throw trailing();
        rest = rest.subarray(engine.taken - before);
        if (rest.length === 0) break;
        engine.destroy();
        engine = new Engine(compression, true);
      }
    }
    yield* engine.finish();
  } finally {
    engine.destroy();
  }
}

/** First bytes of a gzip member (RFC 1952) and of a zstd frame (RFC 8878). */
const magic = { gz: 0x1f, zst: 0x28 } as const;

/** One of Node's decompressors, with output that is pulled and errors that say what they mean. */
class Engine {
  readonly #stream: Transform & { bytesWritten: number };
  readonly #compression: Compression;
  /** It comes after others, which were right. */
  readonly #follows: boolean;
  #firstByte: number | undefined;
  #error: NodeJS.ErrnoException | null = null;
  #ended = false;
  #wake = (): void => {};

  constructor(compression: Compression, follows: boolean) {
    // Far larger than zlib's defaults, for fewer round trips to its thread, which goes on while chunks are looked at.
    const options = { chunkSize: 512 * 1024, highWaterMark: 1024 * 1024 };
    this.#stream = compression === 'gz' ? createGunzip(options) : createZstdDecompress(options);
    this.#compression = compression;
    this.#follows = follows;
    this.#stream.on('readable', () => this.#wake());
    this.#stream.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** Compressed bytes taken so far. */
  get taken(): number {
    return this.#stream.bytesWritten;
  }

  /** Decompresses a chunk, or as much of it as belongs to the frame it began with. */
  async *feed(chunk: Buffer): AsyncGenerator<Buffer> {
    let written = false;
    this.#firstByte ??= chunk[0];
    this.#stream.write(chunk, (error) => {
      written = true;
      this.#error ??= error ?? null;
      this.#wake();
    });
    yield* this.#pull(() => written);
  }

  async *finish(): AsyncGenerator<Buffer> {
    this.#stream.end();
    yield* this.#pull(() => false);
  }

  async *#pull(done: () => boolean): AsyncGenerator<Buffer> {
    while (true) {
      const output: Buffer | null = this.#stream.read();
      if (output !== null) {
        yield output;
      } else if (this.#error !== null) {
        throw meaningOf(this.#error, {
          compression: this.#compression,
          firstByte: this.#firstByte,
          follows: this.#follows,
        });
      } else if (this.#ended || done()) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  destroy(): void {
    this.#stream.destroy();
  }
}

/** What a decompressor's error says of the bytes, of which `firstByte` is known, and whether they follow a good frame. */
export function meaningOf(
  error: { message: string; code?: string | undefined },
  bytes: { compression: Compression; firstByte: number | undefined; follows: boolean },
): BrokenTarball {
  if (error.code === 'Z_BUF_ERROR') {
    return new BrokenTarball('truncated', 'The compressed data is cut off before its end.');
  }
  const notAFrame = error.code === 'ZSTD_error_prefix_unknown' || error.message === 'incorrect header check';
  // Output of earlier frames may be lost with the error, so what the data begins with has to tell.
  if (notAFrame && (bytes.follows || bytes.firstByte === magic[bytes.compression])) return trailing();
  return new BrokenTarball(
    'corrupt',
    'The compressed data is corrupt or of another format than its name says.',
  );
}

export function trailing(): BrokenTarball {
  return new BrokenTarball('trailing', 'There are other bytes after the end of the compressed data.');
}
