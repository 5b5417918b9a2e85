/**
 * A process of its own that sends webhooks as GitHub does, for webhooks.ts: what is measured should be the bot, so this does as
 * little as it can. Requests lie ready as bytes, only the delivery id differs; of an answer the status is read, and where it ends.
 */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What one process measured: of the time after the warm-up, how long each took. */
export interface Measured {
  tookMs: number[];
  seconds: number;
  /** All that were taken, also while it warmed up, and how long that took. */
  taken: number;
  allSeconds: number;
  /** What this process used of the processors meanwhile. */
  cpuSeconds: number;
  /** Answers that were not 200, by status. */
  refused: Record<string, number>;
}

/** What to send, for how long. */
export interface Sending {
  url: string;
  connections: number;
  warmUpMs: number;
  measuredMs: number;
  /** Head of the request up to the delivery id, and the rest. */
  requests: { head: string; body: string }[];
}

const ANSWER = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\ncontent-length: (\d+)\r\n[\s\S]*?\r\n\r\n/i;

process.once('message', async (sending: Sending) => {
  process.send?.(await send(sending));
});

async function send({ url, connections, warmUpMs, measuredMs, requests }: Sending): Promise<Measured> {
  const { hostname, port } = new URL(url);
  const ready = requests.map(({ head, body }) => ({
    before: `${head}x-github-delivery: `,
    after: Buffer.from(`\r\n\r\n${body}`),
  }));
  const began = performance.now();
  const from = began + warmUpMs;
  const until = from + measuredMs;
  const tookMs: number[] = [];
  const taken: string[] = [];
  const refused: Record<string, number> = {};
  const cpuBefore = process.cpuUsage();
  let turn = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname).setNoDelay();
      while (performance.now() < until) {
        const request = ready[turn++ % ready.length];
        if (request === undefined) throw new Error('there is nothing to send');
        const guid = randomUUID();
        const sent = performance.now();
        socket.cork();
        socket.write(request.before + guid);
        socket.write(request.after);
        socket.uncork();
        const status = await answer(socket);
        const now = performance.now();
        if (status === '200') taken.push(guid);
        else refused[status] = (refused[status] ?? 0) + 1;
        if (status === '200' && sent >= from && now <= until) tookMs.push(now - sent);
      }
      socket.end();
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    tookMs,
    seconds: measuredMs / 1000,
    taken: taken.length,
    allSeconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
    refused,
  };
}

/** The status of the next answer, once the whole of it is there. */
function answer(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const [head, status, length] = ANSWER.exec(text) ?? [];
    if (head !== undefined && status !== undefined && text.length >= head.length + Number(length))
      resolve(status);
  };
  const gone = () => reject(new Error('the bot hung up'));
  socket.on('data', take).once('close', gone).once('error', reject);
  return promise.finally(() => socket.off('data', take).off('close', gone).off('error', reject));
}
