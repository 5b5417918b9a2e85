import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Build, isFinal } from '../../domain/build.ts';
import type { BuildRequest } from '../../domain/request.ts';
import { targetName } from '../../domain/target.ts';
import type { LogStore } from '../../ports.ts';
import { escapeHtml } from '../html.ts';
import { STRICT_HEADERS, sendSentence } from '../send.ts';
import type { Line } from './line.ts';
import { findLine, findTail, LineReader, type Place } from './lines.ts';
import { type LogSource, READER_TIMEOUT_MS, type Reading } from './source.ts';
import { stateWords } from './words.ts';

/** What one page shows at most. */
const PAGE = { lines: 5_000, bytes: 2 * 2 ** 20 };
/** Lines shown before the one that was asked for. */
const LINES_BEFORE = 200;

const STYLE = readFileSync(new URL('client/log.css', import.meta.url), 'utf8');
const SCRIPT = readFileSync(new URL('client/log.js', import.meta.url), 'utf8');

/**
 * The log of a build for people: its last lines, which follow the build while it runs, or those around `?line=`. Whatever is
 * in the log stays text: everything is escaped, and the page runs one script, ours, named by a nonce.
 */
export async function sendPage(
  { request, response, url, id, closing }: Reading,
  build: Build,
  { records, logs, gitUrl }: LogSource & { gitUrl: string },
): Promise<void> {
  const wanted = url.searchParams.get('line');
  if (wanted !== null && !/^[1-9]\d{0,9}$/.test(wanted)) {
    return sendSentence(request, response, 400, '`line` is the number of a line, counted from 1.');
  }
  const head = { build, request: await records.requests.get(build.requestId), gitUrl };
  const start = wanted === null ? await tailOf(logs, id) : await placeOf(logs, id, Number(wanted));
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    ...STRICT_HEADERS,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.setTimeout(READER_TIMEOUT_MS, () => response.destroy());
  const html = pageHtml({ head, nonce, start, isTail: wanted === null, logs });
  await pipeline(Readable.from(html), response, { signal: closing });
}

async function tailOf(logs: Pick<LogStore, 'read'>, id: number): Promise<Place> {
  return await findTail(await logs.read(id, 0), PAGE);
}

async function placeOf(logs: Pick<LogStore, 'read'>, id: number, line: number): Promise<Place> {
  return await findLine(await logs.read(id, 0), Math.max(1, line - LINES_BEFORE));
}

interface Head {
  build: Build;
  request: BuildRequest | null;
  gitUrl: string;
}

interface Page {
  head: Head;
  nonce: string;
  start: Place;
  /** The newest lines were asked for, not some in the middle. */
  isTail: boolean;
  logs: Pick<LogStore, 'read'>;
}

async function* pageHtml({ head, nonce, start, isTail, logs }: Page): AsyncGenerator<string> {
  yield top(head, nonce) + earlier(start.line);
  const lines = new LineReader();
  let next = start.line;
  let read = 0;
  let isWhole = true;
  for await (const chunk of (await logs.read(head.build.id, start.offset)) as AsyncIterable<Buffer>) {
    read += chunk.length;
    const room = isTail ? Number.POSITIVE_INFINITY : start.line + PAGE.lines - next;
    const shown = lines.push(chunk).slice(0, room);
    yield shown.map((line, index) => lineHtml(next + index, line)).join('');
    next += shown.length;
    isWhole = next - start.line < PAGE.lines && (read < PAGE.bytes || next === start.line);
    if (!isWhole) break;
  }
  const partial = isWhole ? lines.open() : null;
  if (partial !== null) yield lineHtml(next, partial);
  const isOver = isFinal(head.build.state) && isWhole;
  const from = start.offset + read - lines.openBytes;
  const follows = isTail ? !isOver : isWhole && !isOver;
  yield `</main>\n${bottom({ next, from, follows, isEnd: isTail || isWhole, nonce })}`;
}

function top({ build, request, gitUrl }: Head, nonce: string): string {
  const target = escapeHtml(targetName(build.target));
  const { words, tone, reason, line } = stateWords(build.state);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(words)} · ${target} · build ${build.id}</title>
<link rel="icon" id="icon" href="data:,">
<style nonce="${nonce}">
${STYLE}</style>
</head>
<body>
<header>
<h1><code id="target">${target}</code> <span id="state" class="${tone}">${escapeHtml(words)}</span></h1>
<p>${pull(request, gitUrl)}build <span id="build">${build.id}</span> for <code>${escapeHtml(build.repository)}</code> · <a href="?from=0">raw log</a> <span id="link"></span></p>
<p id="reason">${codeBetweenBackticks(reason)}${line === null ? '' : ` <a href="?line=${line}#L${line}">line ${line.toLocaleString('en-US')}</a>`}</p>
</header>
`;
}

function pull(request: BuildRequest | null, gitUrl: string): string {
  if (request === null) return '';
  const { repo, pullRequest, headSha, title } = request;
  const address = escapeHtml(`${gitUrl}/${repo}`);
  return `<a href="${address}/pull/${pullRequest}">${escapeHtml(repo)}#${pullRequest}</a> <span class="title">${escapeHtml(title)}</span> · <a href="${address}/commit/${escapeHtml(headSha)}"><code>${escapeHtml(headSha.slice(0, 7))}</code></a> · `;
}

function codeBetweenBackticks(sentence: string): string {
  return sentence
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : escapeHtml(part)))
    .join('');
}

function earlier(first: number): string {
  const before = Math.max(1, first - PAGE.lines + LINES_BEFORE);
  const link =
    first === 1
      ? ''
      : `<a href="?line=${before}#L${first - 1}">${(first - 1).toLocaleString('en-US')} earlier lines</a>`;
  return `<nav id="earlier">${link}</nav>\n<main id="log" aria-label="Log">`;
}

/** No line feed between lines: what is copied from the page has the lines of the log. */
function lineHtml(number: number, line: Line): string {
  const pieces = line.map((piece) =>
    typeof piece === 'string'
      ? escapeHtml(piece)
      : `<span class="${piece[1]}">${escapeHtml(piece[0])}</span>`,
  );
  return `<div id="L${number}"><a href="#L${number}">${number}</a><code>${pieces.join('')}</code></div>`;
}

interface Bottom {
  /** Number of the line that comes next, and the byte it begins at. */
  next: number;
  from: number;
  follows: boolean;
  /** Nothing of the log comes after this page. */
  isEnd: boolean;
  nonce: string;
}

function bottom({ next, from, follows, isEnd, nonce }: Bottom): string {
  const later = `<a href="?line=${next + LINES_BEFORE}#L${next}">later lines</a> · <a href="log">newest lines</a>`;
  return `<footer id="foot" data-next="${next}" data-from="${from}" data-follows="${follows}">${isEnd ? '' : later}</footer>
${follows ? '<noscript>Load the page again to see more.</noscript>\n' : ''}<button id="jump" type="button" hidden>↓ newest lines</button>
<script nonce="${nonce}">
${SCRIPT}</script>
</body>
</html>
`;
}
