import type { IncomingMessage, ServerResponse } from 'node:http';

/** Nothing served here loads, frames or runs anything. */
export const STRICT_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

export const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** A whole answer at once; a HEAD request gets its head. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: { status: number; type: string; body: string },
): void {
  response.writeHead(answer.status, {
    ...STRICT_HEADERS,
    'Content-Type': answer.type,
    'Content-Length': Buffer.byteLength(answer.body),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

export function sendSentence(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  sentence: string,
): void {
  send(request, response, { status, type: PLAIN_TEXT, body: `${sentence}\n` });
}
