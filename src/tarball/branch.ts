import { PassThrough, type Readable } from 'node:stream';

/** A second reader of a stream that is read once. What is sent comes out of `content`, at the pace it is read there. */
interface Branch {
  readonly content: Readable;
  /** Resolves when there is room for more, or nobody wants more. */
  send(chunk: Buffer): Promise<void>;
  /** Whether the reader has gone. */
  closed(): boolean;
  /** That was all. */
  end(): void;
  /** There is no more, and what was sent is not all. After the end it does nothing. */
  cut(): void;
}

/** So much, twice, may wait for its reader, so that whoever sends need not stop for every chunk. */
const heldBytes = 128 * 1024;

export function branch(): Branch {
  const content = new PassThrough({ highWaterMark: heldBytes });
  content.on('error', () => {}); // whoever reads it tells
  return {
    content,
    async send(chunk) {
      if (!content.destroyed && !content.write(chunk)) await room(content);
    },
    closed: () => content.destroyed,
    end: () => void content.end(),
    cut() {
      if (!content.writableEnded) content.destroy(new Error('It was not read to its end.'));
    },
  };
}

/** Until a stream takes more, or is closed for good. */
function room(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
  });
}

export interface SideTask<Result> {
  /** Resolves when there is room for more, or nobody wants more; an error is told at the end. */
  send(chunk: Buffer): Promise<void>;
  /** That was all: what came of it, or the error. */
  finish(): Promise<Result>;
  /** After any end: cuts what was not finished, and waits until nothing reads any more. */
  settle(): Promise<void>;
}

/** Something that is made of a stream while it passes, chunk by chunk. */
export function sideTask<Result>(work: (content: Readable) => Promise<Result>): SideTask<Result> {
  const side = branch();
  const done = work(side.content)
    .then((result) => ({ result }))
    .catch((error: unknown) => ({ error }))
    .finally(() => side.content.destroy());
  return {
    send: side.send,
    async finish() {
      side.end();
      const outcome = await done;
      if ('error' in outcome) throw outcome.error;
      return outcome.result;
    },
    async settle() {
      side.cut();
      await done;
    },
  };
}
