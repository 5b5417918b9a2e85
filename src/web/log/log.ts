import type { IncomingMessage } from 'node:http';
import { sendSentence } from '../send.ts';
import { sendEvents } from './events.ts';
import { keyOf, rememberKey } from './key-of.ts';
import { News } from './news.ts';
import { sendPage } from './page.ts';
import type { LogSource, Reading } from './source.ts';
import { sendText } from './text.ts';

/** How many may follow logs, and how many may read them otherwise, at the same time. */
const MOST = { followers: 200, others: 50 };

export interface LogRouteOptions extends LogSource {
  /** Base of links to pull requests. */
  gitUrl: string;
  publicUrl: string;
  /** Whether whoever shows this key, or none, may read the log of a build of this repository. */
  mayRead(build: { id: number; repo: string; key: string | null }): Promise<boolean>;
}

/** What is asked for: the log, or its events. */
export type LogAddress = 'log' | 'events';

/** Serves logs of builds: as text, as a page for browsers, as events for the page. */
export function createLogRoute(
  options: LogRouteOptions,
): (reading: Reading, address: LogAddress) => Promise<void> {
  const news = new News(options);
  const readers = { followers: 0, others: 0 };

  async function serve(reading: Reading, address: LogAddress): Promise<void> {
    const { request, response, url, id } = reading;
    const build = await options.records.builds.get(id);
    const repo = build && (await options.records.requests.get(build.requestId))?.repo;
    // The same answer for both: an id must not tell that a private build exists.
    if (!build || !repo || !(await options.mayRead({ id, repo, key: keyOf(reading) }))) {
      return sendSentence(request, response, 404, `There is no build ${id} here.`);
    }
    rememberKey(reading, options.publicUrl);
    if (address === 'events') return await sendEvents(reading, build, { ...options, news });
    response.setHeader('Vary', 'Accept');
    const asPage = !url.searchParams.has('from') && prefersHtml(request);
    await (asPage ? sendPage(reading, build, options) : sendText(reading, options));
  }

  return async (reading, address) => {
    const kind = address === 'events' ? 'followers' : 'others';
    if (readers[kind] >= MOST[kind]) {
      reading.response.setHeader('Retry-After', '30');
      const sentence = 'Too many people read logs here at the moment. Try again in half a minute.';
      return sendSentence(reading.request, reading.response, 503, sentence);
    }
    readers[kind] += 1;
    try {
      await serve(reading, address);
    } catch (error) {
      if (!isReaderGone(error)) throw error;
      reading.response.destroy();
    } finally {
      readers[kind] -= 1;
    }
  };
}

/** A browser names HTML; curl and scripts take what comes. */
function prefersHtml(request: IncomingMessage): boolean {
  return /\btext\/html\b/.test(request.headers.accept ?? '');
}

/** The reader left or stood still, or the bot ends. */
function isReaderGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : '';
  return (
    code === 'ERR_STREAM_PREMATURE_CLOSE' || error.name === 'AbortError' || error.name === 'TimeoutError'
  );
}
