import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileLogs } from '../../src/builders/logs.ts';
import type { Build, BuildState } from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import type { LogStore } from '../../src/ports.ts';
import { createWeb, type WebOptions } from '../../src/web/web.ts';
import { recordingLog } from './log.ts';

const RUNNING: BuildState = {
  kind: 'running',
  startedAt: Date.UTC(2026, 0, 1, 14, 2),
  handle: { node: 'zen2/node-1', directory: '/jobs/b7', job: '1' },
};

/** What became of a build that `fail` ended. */
export const FAILED: BuildState = {
  kind: 'failed',
  startedAt: 0,
  endedAt: 18 * 60_000,
  handle: null,
  failure: { ...plainFailure('build', 'build-failed', '`<b>.eb` does not compile'), line: 1234 },
};

/** The pages of logs behind HTTP, with a store of files and one build, number 7, that runs. */
export interface LogSite {
  url: string;
  /** Where the logs are. */
  folder: string;
  logs: LogStore;
  /** Adds to the log of build 7. */
  add(text: string | Buffer): Promise<void>;
  become(state: BuildState): void;
  /** What waits in this process for readers to take it. */
  unsentBytes(): number;
  /** What was told at level warn and error. */
  told: ReturnType<typeof recordingLog>['told'];
  /** As a network does. */
  cutConnections(): void;
  /** As the bot's end does: lets readers go. */
  endReaders(): void;
  close(): Promise<void>;
}

export async function startLogSite(options: Pick<Partial<WebOptions>, 'mayRead'> = {}): Promise<LogSite> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-site-'));
  const logs = fileLogs(folder);
  const closing = new AbortController();
  const log = recordingLog();
  const target = { os: 'linux' as const, cpu: 'x86_64/amd/zen2', accelerator: null };
  let build: Build = {
    id: 7,
    requestId: 1,
    target,
    repository: 'eessi.io-2025.06-software',
    pools: ['zen2'],
    placement: { pool: 'zen2', node: 'zen2/n1', reason: 'the only node for this target', at: 0 },
    exports: {},
    state: RUNNING,
    waiting: null,
    retry: null,
    priority: null,
    avoid: [],
    createdAt: 0,
  };
  const request = {
    id: 1,
    repo: 'stack/software-layer',
    pullRequest: 3,
    headSha: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334',
    baseRef: 'main',
    title: 'Add <i>tool</i> 1.0',
    author: 'jo',
    requestedBy: 'maria',
    software: null,
    commands: ['bot: build'],
    source: 'comment:1',
    createdAt: 0,
  };
  const web = createWeb({
    instance: 'demo-bot',
    publicUrl: 'https://bot.example.org',
    gitUrl: 'https://github.com',
    records: {
      builds: { get: async (id) => (id === build.id ? build : null) },
      requests: { get: async (id) => (id === request.id ? request : null) },
    },
    logs,
    health: async () => ({ ok: true, parts: {} }),
    nodes: async () => [],
    mayRead: async () => true,
    closing: closing.signal,
    log,
    ...options,
  });
  const server = createServer(async (incoming, response) => {
    if (!(await web(incoming, response))) response.writeHead(404).end();
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    logs,
    add: async (text) => logs.append(7, await logs.size(7), Buffer.from(text)),
    become: (state) => {
      build = { ...build, state };
    },
    unsentBytes: () => [...sockets].reduce((sum, socket) => sum + socket.writableLength, 0),
    told: log.told,
    cutConnections: () => server.closeAllConnections(),
    endReaders: () => closing.abort(),
    async close() {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
