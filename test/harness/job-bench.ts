import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type BuildersOptions,
  type OpenBuilders,
  openBuilders,
  type PoolNodes,
} from '../../src/builders/builders.ts';
import type { Build, JobExit, JobHandle } from '../../src/domain/build.ts';
import type { JobListener, Log, Source, Transport } from '../../src/ports.ts';

/** A log that says nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The folder of a job in test/fixtures/jobs. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/jobs/${name}`, import.meta.url));
}

/** A folder as a source: what `prepare` would give for a pull request with just these files. */
export function sourceOf(folder: string): Source {
  return {
    tree: '0'.repeat(40),
    baseSha: '0'.repeat(40),
    open: async () =>
      spawn('tar', ['-c', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout,
  };
}

/** A listener that keeps what it hears and holds the follower to its promises: no gap, no overlap, nothing after the end. */
export class Recorder implements JobListener {
  readonly #logs = new Map<number, Buffer>();
  readonly #ends = new Map<number, JobExit>();
  #waiting: (() => void)[] = [];
  /** Told why a job waits, by schedulers that know. */
  waiting: (buildId: number, reason: string | null) => Promise<void> = async () => {};

  async log(buildId: number, offset: number, chunk: Buffer): Promise<void> {
    const known = this.#logs.get(buildId);
    if (this.#ends.has(buildId)) throw new Error('a log after the end');
    if (known !== undefined && known.length !== offset)
      throw new Error(`offset ${offset} after ${known.length} bytes`);
    this.#logs.set(buildId, Buffer.concat([known ?? Buffer.alloc(0), chunk]));
    this.#tell();
  }

  async ended(buildId: number, exit: JobExit): Promise<void> {
    if (this.#ends.has(buildId)) throw new Error('a second end');
    this.#ends.set(buildId, exit);
    this.#tell();
  }

  /** All bytes of a build's log so far. */
  bytes(buildId: number): Buffer {
    return this.#logs.get(buildId) ?? Buffer.alloc(0);
  }

  text(buildId: number): string {
    return this.bytes(buildId).toString('utf8');
  }

  hasEnded(buildId: number): boolean {
    return this.#ends.has(buildId);
  }

  /** How a build ended, as soon as it is told. */
  async end(buildId: number): Promise<JobExit> {
    for (;;) {
      const exit = this.#ends.get(buildId);
      if (exit !== undefined) return exit;
      await this.#news();
    }
  }

  /** What a pattern finds in a build's log, as soon as it is told. */
  async finds(buildId: number, pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.text(buildId));
      if (found !== null) return found[1] ?? found[0];
      await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Builders of one node `zen2/n1` on a transport, with a recorder. */
export interface JobBench {
  builders: OpenBuilders;
  transport: Transport;
  recorder: Recorder;
  /** Starts a job of test/fixtures/jobs, or of a source, and follows it. */
  run(buildId: number, job: string | Source, exports?: Record<string, string>): Promise<JobHandle>;
  /** The same without following. */
  start(
    buildId: number,
    job: string | Source,
    exports?: Record<string, string>,
    node?: string,
  ): Promise<JobHandle>;
}

export function openJobBench(options: {
  transport: Transport;
  jobsDir: string;
  pool?: Partial<PoolNodes>;
  builders?: Partial<BuildersOptions>;
}): JobBench {
  const recorder = new Recorder();
  const { transport, jobsDir } = options;
  const node = { name: 'n1', slots: 2, transport, jobsDir };
  const builders = openBuilders({
    instance: 'test',
    pools: [{ name: 'zen2', nodes: [node], timeLimitSeconds: 60, site: {}, ...options.pool }],
    listener: recorder,
    clock: { now: () => Date.now() },
    log: silent,
    ...options.builders,
  });
  const start: JobBench['start'] = (buildId, job, exports = {}, on = 'zen2/n1') =>
    builders.start({
      build: build(buildId, exports),
      node: on,
      repository: {
        id: 'eessi.io-2025.06-software',
        name: 'software.eessi.io',
        version: '2025.06',
        container: '',
      },
      target: { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: 'nvidia/cc80' },
      pull: { repo: 'EESSI/software-layer', number: 7, commentId: 4711 },
      source: typeof job === 'string' ? sourceOf(fixture(job)) : job,
    });
  return {
    builders,
    transport,
    recorder,
    start,
    async run(buildId, job, exports) {
      const handle = await start(buildId, job, exports);
      builders.follow({ buildId, handle, logOffset: 0 });
      return handle;
    },
  };
}

function build(id: number, exports: Record<string, string>): Build {
  return {
    id,
    requestId: 1,
    target: { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: 'nvidia/cc80' },
    repository: 'eessi.io-2025.06-software',
    pools: ['zen2'],
    placement: { pool: 'zen2', node: 'zen2/n1', reason: 'the only node for this target', at: 0 },
    exports,
    state: { kind: 'starting', since: 0, node: 'zen2/n1' },
    waiting: null,
    retry: null,
    priority: null,
    avoid: [],
    createdAt: 0,
  };
}

/** Whether a process is there, and not just a zombie. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}
