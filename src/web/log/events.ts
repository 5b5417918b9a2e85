import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Build, isFinal } from '../../domain/build.ts';
import { STRICT_HEADERS, sendSentence } from '../send.ts';
import { LineReader } from './lines.ts';
import type { Follower, News } from './news.ts';
import { type LogSource, parseOffset, READER_TIMEOUT_MS, type Reading } from './source.ts';
import { stateWords } from './words.ts';

/** A sign of life, so that proxies do not end a quiet connection, ms. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it comes back, ms. */
const RETRY_MS = 2_000;
/** A reader further behind is sent to a fresh page, which begins near the end, bytes. */
const FAR_BEHIND_BYTES = 8 * 2 ** 20;

/**
 * The log of a build as server-sent events, from `?from=` (or `Last-Event-ID`) to the build's end:
 * `message` whole lines, as JSON of `Line[]`; its id is the byte after them · `partial` the line that has not ended yet, or
 * null · `state` the words for the build's state · `behind` too far behind, load the page again · `end` nothing will come any more.
 * A reader gets what it takes, in its own time; one that takes nothing is let go, and comes back with its last id.
 */
export async function sendEvents(
  { request, response, url, id, closing }: Reading,
  build: Build,
  { logs, news }: LogSource & { news: News },
): Promise<void> {
  const asked = parseOffset(lastEventId(request) ?? url.searchParams.get('from') ?? '0');
  if (asked === null) {
    return sendSentence(request, response, 400, '`from` is the byte to start at, a whole number.');
  }
  response.writeHead(200, {
    ...STRICT_HEADERS,
    'Content-Type': 'text/event-stream; charset=utf-8',
    'X-Accel-Buffering': 'no',
    // Kept alive, it would hold up the bot's end after the events have ended.
    Connection: 'close',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const from = Math.min(asked, await logs.size(id));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([closing, gone.signal]);
  const follower = news.follow(build);
  try {
    await tell({ write: (text) => write(response, text, signal), id, from, follower, logs, signal });
    response.end();
  } finally {
    follower.stop();
  }
}

interface Telling {
  write(text: string): Promise<void>;
  id: number;
  from: number;
  follower: Follower;
  logs: LogSource['logs'];
  signal: AbortSignal;
}

async function tell({ write, id, from, follower, logs, signal }: Telling): Promise<void> {
  const lines = new LineReader();
  let offset = from;
  let toldState = '';
  let toldPartial = 'null';
  let toldAt = Date.now();
  const send = async (event: string) => {
    toldAt = Date.now();
    await write(event);
  };
  await send(`retry: ${RETRY_MS}\n\n`);
  while (!signal.aborted) {
    // The state first: when it is final, the log that is read after it is whole.
    const { state } = follower.build();
    const words = JSON.stringify(stateWords(state));
    if (words !== toldState) await send(`event: state\ndata: ${words}\n\n`);
    toldState = words;

    const size = await logs.size(id);
    if (size - offset > FAR_BEHIND_BYTES) return await send('event: behind\ndata:\n\n');
    if (size > offset) {
      for await (const chunk of await logs.read(id, offset)) {
        offset += chunk.length;
        const ended = lines.push(chunk);
        if (ended.length === 0) continue;
        await send(`id: ${offset - lines.openBytes}\ndata: ${JSON.stringify(ended)}\n\n`);
        toldPartial = 'null';
      }
      const partial = JSON.stringify(lines.open());
      if (partial !== toldPartial) await send(`event: partial\ndata: ${partial}\n\n`);
      toldPartial = partial;
      continue;
    }
    if (isFinal(state)) return await send('event: end\ndata:\n\n');
    if (Date.now() - toldAt >= HEARTBEAT_MS) await send(':\n\n');
    await follower.news(HEARTBEAT_MS, signal);
  }
}

/** Waits while the reader has not taken what it was sent. @throws when it takes nothing for a minute */
async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await once(response, 'drain', {
    signal: AbortSignal.any([signal, AbortSignal.timeout(READER_TIMEOUT_MS)]),
  });
}

function lastEventId(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
