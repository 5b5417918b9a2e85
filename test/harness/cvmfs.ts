/** A CernVM-FS server for tests: a stand-in of `cvmfs_server` with state on disk, faults, and points to hold it at. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fault, type Hold, holdAt, type Point, setFault } from './cvmfs-server/places.ts';
import { Repository, type State } from './cvmfs-server/repository.ts';
import {
  type Replica,
  type Stratum,
  type Stratum0,
  serveReplica,
  serveStratum0,
} from './cvmfs-server/stratum.ts';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Running {
  pid: number;
  ended: Promise<Ended>;
}

export interface Cvmfs {
  name: string;
  /** Holds everything; gone after `close`. */
  root: string;
  /** Path of the executable. */
  command: string;
  /** What stands for /cvmfs. */
  mountRoot: string;
  mount: string;
  /** What stands for /srv/cvmfs. */
  storage: string;
  repository: Repository;
  state(): State;
  /** Tree of a revision on disk. */
  tree(revision?: number): string;
  fault(name: Fault, on?: boolean): void;
  hold(point: Point): Hold;
  /** Starts `cvmfs_server` with these arguments; without `stdin` it is closed. */
  start(args: readonly string[], stdin?: Buffer): Running;
  run(args: readonly string[], stdin?: Buffer): Promise<Ended>;
  stratum0(): Promise<Stratum0>;
  replica(): Promise<Replica>;
  close(): Promise<void>;
}

export function newCvmfs(name = 'software.eessi.io'): Cvmfs {
  const root = mkdtempSync(join(tmpdir(), 'stratobot-cvmfs-'));
  const command = join(root, 'bin', 'cvmfs_server');
  mkdirSync(join(root, 'bin'));
  const script = withoutTypes(join(root, 'bin'));
  // Not found by way of PATH: the transport hands on a clean environment, and the machine's node may be another.
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${root}' "$@"\n`, {
    mode: 0o755,
  });
  const repository = new Repository(root, name);
  repository.create();
  const servers: Stratum[] = [];
  const held = new Set<Hold>();
  const kept = <Kind extends Stratum>(server: Kind): Kind => {
    servers.push(server);
    return server;
  };
  const start = (args: readonly string[], stdin?: Buffer): Running => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const result: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (result.stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (result.stderr += chunk));
    child.stdin.on('error', () => {}); // it ended before it had read everything
    child.stdin.end(stdin);
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) => resolve({ ...result, code }));
    });
    // Tests signal it, and 0 would be their own process group.
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    return { pid: child.pid, ended };
  };
  return {
    name,
    root,
    command,
    mountRoot: join(root, 'cvmfs'),
    mount: repository.at.mount,
    storage: join(root, 'srv'),
    repository,
    state: () => repository.read(),
    tree: (revision) => repository.tree(revision ?? repository.read().revision),
    fault: (fault, on = true) => setFault(root, fault, on),
    hold(point) {
      const hold = holdAt(root, point);
      held.add(hold);
      return hold;
    },
    start,
    run: (args, stdin) => start(args, stdin).ended,
    stratum0: async () => kept(await serveStratum0(repository)),
    replica: async () => kept(await serveReplica(repository)),
    async close() {
      for (const hold of held) hold.release();
      await Promise.all(servers.map((server) => server.close()));
      rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** Copies of the stand-in in JavaScript: tests start it hundreds of times, and stripping its types takes longer than all it does. */
function withoutTypes(folder: string): string {
  const source = dirname(fileURLToPath(import.meta.resolve('./cvmfs-server/cvmfs_server.ts')));
  for (const file of [
    'cvmfs_server',
    'commands',
    'ingest',
    'archive',
    'end',
    'repository',
    'catalogs',
    'places',
  ]) {
    const code = stripTypeScriptTypes(readFileSync(join(source, `${file}.ts`), 'utf8'));
    writeFileSync(join(folder, `${file}.mjs`), code.replaceAll(/(from '\.\/\w+)\.ts'/g, "$1.mjs'"));
  }
  return join(folder, 'cvmfs_server.mjs');
}
