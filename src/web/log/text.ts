import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PLAIN_TEXT, STRICT_HEADERS, sendSentence } from '../send.ts';
import { type LogSource, parseOffset, READER_TIMEOUT_MS, type Reading } from './source.ts';

/**
 * The log of a build as far as it has come; `?from=` is the byte to start at, so that a reader can ask for the rest.
 * The log comes from the code of a pull request: it is sent as text that no browser takes for anything else.
 */
export async function sendText(
  { request, response, url, id, closing }: Reading,
  { logs }: LogSource,
): Promise<void> {
  const asked = parseOffset(url.searchParams.get('from') ?? '0');
  if (asked === null) {
    return sendSentence(request, response, 400, '`from` is the byte to start at, a whole number.');
  }
  const from = Math.min(asked, await logs.size(id));
  const content = request.method === 'HEAD' ? Readable.from([]) : await logs.read(id, from);
  response.writeHead(200, { ...STRICT_HEADERS, 'Content-Type': PLAIN_TEXT });
  response.setTimeout(READER_TIMEOUT_MS, () => response.destroy());
  await pipeline(content, response, { signal: closing });
}
