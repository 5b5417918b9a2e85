import type { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';

/**
 * The chunks of a stream that comes from elsewhere. Its own errors mean that the other side or the line to it failed,
 * which says nothing of the bytes: they become Retryable where they are not classified yet.
 */
export async function* chunksOf(source: Readable, what: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) yield chunk;
  } catch (error) {
    if (error instanceof Retryable || error instanceof Permanent) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new Retryable(`${what} could not be read to its end: ${text}`, { cause: error });
  }
}
