import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Builds, LogStore } from '../ports.ts';
import { PLAIN_TEXT, STRICT_HEADERS, sendSentence } from './send.ts';

/** A reader that takes nothing for this long is gone. */
const READER_TIMEOUT_MS = 60_000;

/**
 * The log of a build as far as it has come; `?from=` is the byte to start at, so that a reader can ask for the rest.
 * The log comes from the code of a pull request: it is sent as text that no browser takes for anything else.
 */
export async function sendLog(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  {
    id,
    records,
    logs,
  }: { id: number; records: { builds: Pick<Builds, 'get'> }; logs: Pick<LogStore, 'size' | 'read'> },
): Promise<void> {
  const asked = url.searchParams.get('from') ?? '0';
  if (!/^\d{1,15}$/.test(asked)) {
    return sendSentence(request, response, 400, '`from` is the byte to start at, a whole number.');
  }
  if ((await records.builds.get(id)) === null) {
    return sendSentence(request, response, 404, `There is no build ${id} here.`);
  }
  const from = Math.min(Number(asked), await logs.size(id));
  const content = request.method === 'HEAD' ? Readable.from([]) : await logs.read(id, from);
  response.writeHead(200, { ...STRICT_HEADERS, 'Content-Type': PLAIN_TEXT });
  response.setTimeout(READER_TIMEOUT_MS, () => response.destroy());
  try {
    await pipeline(content, response);
  } catch (error) {
    // The reader left: nothing to do.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
