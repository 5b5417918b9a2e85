/** Entry of a thread that judges one tarball after the other. `judging.ts` starts it and sends it the bytes. */
import { parentPort } from 'node:worker_threads';
import { judgeHere } from './judge.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

type Chunk = Extract<ToThread, { kind: 'chunk' }>;

/** Chunks of the tarball that is being judged, and how it ends. */
interface Incoming {
  chunks: Chunk[];
  end: 'end' | 'cut' | null;
  wake(): void;
}

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a thread.');
const say = (message: FromThread, memory: ArrayBuffer[] = []): void => port.postMessage(message, memory);

let current: { tarball: number; incoming: Incoming } | null = null;

port.on('message', (message: ToThread) => {
  if (message.kind === 'question') {
    const incoming: Incoming = { chunks: [], end: null, wake() {} };
    current = { tarball: message.tarball, incoming };
    void judge(message, incoming);
    return;
  }
  if (message.tarball !== current?.tarball) return; // of a tarball that is judged already
  const { incoming } = current;
  if (message.kind === 'chunk') incoming.chunks.push(message);
  else incoming.end = message.kind;
  incoming.wake();
});

async function judge(
  { tarball, question }: Extract<ToThread, { kind: 'question' }>,
  incoming: Incoming,
): Promise<void> {
  let broken = false;
  const source = async function* (): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = incoming.chunks.shift();
      if (chunk !== undefined) {
        yield Buffer.from(chunk.memory, 0, chunk.bytes);
        say({ kind: 'read', tarball, memory: chunk.memory, broken }, [chunk.memory]);
      } else if (incoming.end === 'end') return;
      else if (incoming.end === 'cut') throw new Error('The tarball was not sent to its end.');
      else await new Promise<void>((resolve) => (incoming.wake = resolve));
    }
  };
  try {
    const judgement = await judgeHere(source(), question, () => {
      broken = true;
    });
    say({ kind: 'judged', tarball, judgement });
  } catch (error) {
    say({ kind: 'failed', tarball, error: error instanceof Error ? error : new Error(String(error)) });
  } finally {
    current = null;
  }
}
