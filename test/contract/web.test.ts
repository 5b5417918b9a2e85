import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/domain/build.ts';
import type { NodeNow } from '../../src/domain/node-now.ts';
import type { LogStore } from '../../src/ports.ts';
import { createWeb, type WebOptions } from '../../src/web/web.ts';
import { aRequest } from '../harness/rows.ts';

const build: Build = {
  id: 7,
  requestId: 1,
  target: { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null },
  repository: 'eessi.io-2025.06-software',
  pools: ['zen2'],
  placement: null,
  exports: {},
  state: { kind: 'queued', since: 0 },
  waiting: null,
  retry: null,
  priority: null,
  avoid: [],
  createdAt: 0,
};

let server: Server;
let origin: string;
let content: Buffer;
let reads: Readable[];
let errors: object[];
let health: WebOptions['health'];
let nodes: NodeNow[];

let logs: Pick<LogStore, 'size' | 'read' | 'onAppend'>;

beforeEach(async () => {
  content = Buffer.from('gcc -O3\n<script>alert(1)</script>\n');
  reads = [];
  errors = [];
  logs = {
    size: async () => content.length,
    read: async (_id, from) => {
      const stream = Readable.from([content.subarray(from)]);
      reads.push(stream);
      return stream;
    },
    onAppend: () => () => {},
  };
  health = async () => ({ ok: true, parts: { database: true } });
  nodes = [];
  const quiet = () => {};
  const web = createWeb({
    instance: 'aws-<b>bot',
    publicUrl: 'https://bot.example.org',
    gitUrl: 'https://github.com',
    records: {
      builds: { get: async (id) => (id === build.id ? build : null) },
      requests: { get: async () => ({ ...aRequest(), id: 1 }) },
    },
    logs: {
      size: (id) => logs.size(id),
      read: (id, from) => logs.read(id, from),
      onAppend: (id, listener) => logs.onAppend(id, listener),
    },
    mayRead: async () => true,
    closing: new AbortController().signal,
    health: () => health(),
    nodes: async () => nodes,
    log: { debug: quiet, info: quiet, warn: quiet, error: (fields) => errors.push(fields) },
  });
  server = createServer(async (request, response) => {
    if (!(await web(request, response))) response.writeHead(418).end('not mine');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('the log of a build', () => {
  test('is sent whole, as text that nothing runs', async () => {
    const answer = await fetch(`${origin}/builds/7/log`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(content.toString());
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test.each([
    ['0', 'gcc -O3\n<script>alert(1)</script>\n'],
    ['8', '<script>alert(1)</script>\n'],
    ['34', ''],
    ['999999', ''],
  ])('from byte %s', async (from, rest) => {
    const answer = await fetch(`${origin}/builds/7/log?from=${from}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(rest);
  });

  test.each(['-1', '1e3', '', '1.5', 'x', '9'.repeat(16)])('from %j is refused', async (from) => {
    const answer = await fetch(`${origin}/builds/7/log?from=${from}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe('`from` is the byte to start at, a whole number.\n');
  });

  test('HEAD gives the head and reads nothing', async () => {
    const answer = await fetch(`${origin}/builds/7/log`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toBe('');
    expect(reads).toEqual([]);
  });

  test('a build that is not there', async () => {
    const answer = await fetch(`${origin}/builds/8/log`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('There is no build 8 here.\n');
  });

  test.each(['0', '007', '2147483648', '9999999999', '-7', '7%2e', '../7', '7e0'])(
    'the id %s is no address here',
    async (id) => {
      expect((await fetch(`${origin}/builds/${id}/log`)).status).toBe(418);
    },
  );

  test('a store that fails before the first byte gives a sentence, and the reason goes to the log', async () => {
    logs.size = async () => {
      throw new Error('disk of db-3.internal is gone');
    };
    const answer = await fetch(`${origin}/builds/7/log`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('db-3');
    expect(errors).toMatchObject([{ path: '/builds/7/log' }]);
  });

  test('a store that fails in the middle breaks the connection off, so that nobody takes a part for the whole', async () => {
    logs.read = async () =>
      Readable.from(
        (async function* () {
          yield 'the first half';
          throw new Error('gone');
        })(),
      );
    await expect(fetch(`${origin}/builds/7/log`).then((answer) => answer.text())).rejects.toThrow();
    expect(errors).toHaveLength(1);
  });

  test('a reader that leaves ends the reading', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536, 'x'));
      },
    });
    logs.read = async () => endless;
    const closed = new Promise((resolve) => endless.on('error', () => {}).on('close', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /builds/7/log HTTP/1.1\r\nHost: bot\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await closed;
    expect(errors).toEqual([]);
  });
});

describe('the health', () => {
  test('says what works', async () => {
    const answer = await fetch(`${origin}/health`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ok', instance: 'aws-<b>bot', parts: { database: 'ok' } });
  });

  test('is 503 when a part fails', async () => {
    health = async () => ({ ok: false, parts: { database: false, queue: true } });
    const answer = await fetch(`${origin}/health`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'failing',
      parts: { database: 'failing', queue: 'ok' },
    });
  });

  test('is 503 while the bot ends, though all works', async () => {
    health = async () => ({ ok: true, draining: true, parts: { database: true } });
    const answer = await fetch(`${origin}/health`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: 'draining', parts: { database: 'ok' } });
  });

  test('is 503, without the reason, when it cannot be asked for', async () => {
    health = async () => {
      throw new Error('password authentication failed');
    };
    const answer = await fetch(`${origin}/health`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('password');
    expect(errors).toHaveLength(1);
  });
});

describe('the rest', () => {
  test('the page names the instance, escaped', async () => {
    const answer = await fetch(`${origin}/`);
    const page = await answer.text();
    expect(page).toContain('<h1>aws-&#60;b&#62;bot</h1>');
    expect(page).not.toContain('<b>');
  });

  test('the page says of every node whether it can be used, and names no host', async () => {
    const node = {
      pool: 'zen2',
      slots: 4,
      jobs: 1,
      unreachableUntil: null,
      refusal: null,
      nearlyFull: false,
      health: { kind: 'healthy' as const },
    };
    const refusal = 'build3.example.org shows another host key';
    nodes = [
      { ...node, name: 'zen2/a' },
      { ...node, name: 'zen2/b', unreachableUntil: 5 },
      { ...node, name: 'zen2/c', unreachableUntil: 5, refusal },
      { ...node, name: 'zen2/<d>', nearlyFull: true },
      { ...node, name: 'zen2/e', health: { kind: 'aside', until: 5 } },
      { ...node, name: 'zen2/f', health: { kind: 'on-trial' } },
    ];
    const page = await (await fetch(`${origin}/`)).text();
    const rows = [...page.matchAll(/<tr><td>(.*?)<\/td><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)];
    expect(rows.map(([, ...cells]) => cells)).toEqual([
      ['zen2/a', '1 of 4', 'ready'],
      ['zen2/b', '1 of 4', 'cannot be reached'],
      ['zen2/c', '1 of 4', 'refused: its host key or ours is not the one expected'],
      ['zen2/&#60;d&#62;', '1 of 4', 'nearly full'],
      ['zen2/e', '1 of 4', 'set aside after failures'],
      ['zen2/f', '1 of 4', 'tried again after failures'],
    ]);
    expect(page).not.toContain('example.org shows');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
    const answer = await fetch(`${origin}/builds/7/log`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  test.each([
    '//evil.example.org/health',
    '/builds/7/log/',
    '/Health',
    '/api/github/webhooks',
    '/builds/7',
    '/%',
  ])('%s is left to others', async (path) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toContain('418');
  });
});
