import type { Readable } from 'node:stream';

/** A request body that is not taken; `status` and the message are the HTTP answer. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: 400 | 408 | 413;
  constructor(status: 400 | 408 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The whole body as text. Throws BodyRefused past `limit` bytes or when it is not complete after `timeoutMs`, and the
 * stream's own error when the sender goes away. A refused stream is left unread.
 */
export function readBody(stream: Readable, { limit, timeoutMs }: { limit: number; timeoutMs: number }) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limit) refuse(new BodyRefused(413, `Body is larger than ${limit} bytes`));
  };
  const refuse = (error: Error) => {
    stream.off('data', take);
    stream.pause();
    reject(error);
  };
  const timer = setTimeout(() => refuse(new BodyRefused(408, `Body took over ${timeoutMs} ms`)), timeoutMs);
  stream
    .on('data', take)
    .once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    .on('error', reject)
    .once('close', () => reject(new Error('The sender went away')));
  return promise.finally(() => clearTimeout(timer));
}
