import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileLogs } from '../../src/builders/logs.ts';
import { FAILED, type LogSite, startLogSite } from '../harness/log-site.ts';

let site: LogSite;
let leaving: AbortController;

beforeEach(async () => {
  site = await startLogSite();
  leaving = new AbortController();
});

afterEach(async () => {
  leaving.abort();
  await site.close();
  expect(site.told).toEqual([]);
});

interface Told {
  event: string;
  id?: string;
  data?: unknown;
}

/** The events as an EventSource reads them. */
async function* follow(query = '', headers: Record<string, string> = {}): AsyncGenerator<Told> {
  const answer = await fetch(`${site.url}/builds/7/log/events${query}`, { headers, signal: leaving.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const told = parse(block);
      if (told) yield told;
    }
  }
}

function parse(block: string): Told | null {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
  const data = field('data');
  if (data === undefined) return null;
  const id = field('id');
  return {
    event: field('event') ?? 'message',
    ...(id === undefined ? {} : { id }),
    ...(data === '' ? {} : { data: JSON.parse(data) }),
  };
}

async function all(events: AsyncIterable<Told>): Promise<Told[]> {
  const told: Told[] = [];
  for await (const one of events) told.push(one);
  return told;
}

async function next(events: AsyncGenerator<Told>): Promise<Told> {
  const { value, done } = await events.next();
  if (done) throw new Error('the events ended');
  return value;
}

const RUNNING = {
  event: 'state',
  data: { words: 'running since 14:02 UTC', tone: 'goes', reason: '', line: null },
};
const END = [
  {
    event: 'state',
    data: { words: 'failed after 18 min', tone: 'bad', reason: '`<b>.eb` does not compile', line: 1234 },
  },
  { event: 'end' },
];

describe('whoever follows a log', () => {
  test('is told of lines as they come, and of the end', async () => {
    await site.add('one\ntw');
    const events = follow();
    expect(await next(events)).toEqual(RUNNING);
    expect(await next(events)).toEqual({ event: 'message', id: '4', data: [['one']] });
    expect(await next(events)).toEqual({ event: 'partial', data: ['tw'] });
    await site.add('o\n');
    expect(await next(events)).toEqual({ event: 'message', id: '8', data: [['two']] });
    await site.add('10%\r20%');
    expect(await next(events)).toEqual({ event: 'partial', data: ['20%'] });
    site.become(FAILED);
    expect(await all(events)).toEqual(END);
  });

  test('comes back where it was', async () => {
    await site.add('one\ntwo\nthree\n');
    site.become(FAILED);
    const rest = { event: 'message', id: '14', data: [['three']] };
    expect(await all(follow('?from=8'))).toContainEqual(rest);
    expect(await all(follow('?from=0', { 'last-event-id': '8' }))).toContainEqual(rest);
    expect(await all(follow('?from=999'))).toEqual(END);
  });

  test('hears of bytes another process wrote, and of a log that was compressed meanwhile', async () => {
    const events = follow();
    expect(await next(events)).toEqual(RUNNING);
    const other = fileLogs(site.folder);
    await other.append(7, 0, Buffer.from('from another\n'));
    expect(await next(events)).toEqual({ event: 'message', id: '13', data: [['from another']] });
    await fileLogs(site.folder, () => Date.now() + 3_600_000).compressEnded(async () => true);
    site.become(FAILED);
    expect(await all(events)).toEqual(END);
  });

  test('many follow one log', async () => {
    const readers = Array.from({ length: 20 }, () => follow());
    for (const reader of readers) expect(await next(reader)).toEqual(RUNNING);
    await site.add('for all\n');
    for (const reader of readers) expect((await next(reader)).data).toEqual([['for all']]);
  });

  test('is sent to a fresh page when too far behind', async () => {
    await site.add(Buffer.alloc(9 * 2 ** 20, 'a line of sixteen\n'));
    expect(await all(follow())).toEqual([RUNNING, { event: 'behind' }]);
  });

  test('is refused a place to start that is none', async () => {
    for (const [query, id] of [
      ['?from=x', ''],
      ['', '-1'],
    ]) {
      const headers = { 'last-event-id': id ?? '' };
      const answer = await fetch(`${site.url}/builds/7/log/events${query}`, { headers });
      expect(answer.status).toBe(400);
    }
  });

  test('is let go when the bot ends, and so is the connection', async () => {
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
    socket.write('GET /builds/7/log/events HTTP/1.1\r\nHost: bot\r\nConnection: keep-alive\r\n\r\n');
    const [first] = await once(socket, 'data');
    expect(String(first)).toContain('Connection: close');
    const ends = once(socket, 'end');
    site.endReaders();
    await ends;
  });

  test('is asked to come back when there are too many, and finds a place when one left', async () => {
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
        socket.write('GET /builds/7/log/events HTTP/1.1\r\nHost: bot\r\n\r\n');
        await once(socket, 'data');
        return socket;
      }),
    );
    const refused = await fetch(`${site.url}/builds/7/log/events`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await refused.text()).toBe(
      'Too many people read logs here at the moment. Try again in half a minute.\n',
    );
    for (const socket of sockets) socket.destroy();
    const again = async () => {
      const answer = await fetch(`${site.url}/builds/7/log/events`, { signal: leaving.signal });
      return answer.status;
    };
    await expect.poll(again).toBe(200);
  });

  test('who takes nothing holds up nobody, and nothing is kept for him', async () => {
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
    socket.write('GET /builds/7/log/events HTTP/1.1\r\nHost: bot\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    const events = follow();
    expect(await next(events)).toEqual(RUNNING);
    let size = 0;
    for (let read = 0; size < 14 * 2 ** 20; ) {
      await site.add(Buffer.alloc(2 ** 20, `${'x'.repeat(1023)}\n`));
      size = await site.logs.size(7);
      while (read < size) read = Number((await next(events)).id ?? read);
    }
    expect(site.unsentBytes()).toBeLessThan(2 ** 20);
    socket.destroy();
  });
});
