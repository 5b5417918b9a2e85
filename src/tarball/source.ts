import type { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';

/** Streams give 16 to 64 KiB at a time; every chunk is a round trip to the decompressor's thread. */
const gatheredBytes = 256 * 1024;

/**
 * The chunks of a stream that comes from elsewhere. Its own errors mean that the other side or the line to it failed,
 * which says nothing of the bytes: they become Retryable where they are not classified yet. Small chunks come together,
 * unless they are wanted as they come.
 */
export async function* chunksOf(
  source: Readable,
  what: string,
  { gather = true }: { gather?: boolean } = {},
): AsyncGenerator<Buffer> {
  try {
    if (!gather) {
      yield* source;
      return;
    }
    let held: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of source) {
      held.push(chunk);
      bytes += chunk.length;
      if (bytes < gatheredBytes) continue;
      yield Buffer.concat(held, bytes);
      held = [];
      bytes = 0;
    }
    if (bytes > 0) yield Buffer.concat(held, bytes);
  } catch (error) {
    if (error instanceof Retryable || error instanceof Permanent) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new Retryable(`${what} could not be read to its end: ${text}`, { cause: error });
  }
}
