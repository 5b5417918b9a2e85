/** Where the stand-in keeps what a CernVM-FS server has in /etc/cvmfs, /srv/cvmfs, /var/spool/cvmfs and /cvmfs. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Faults that a test switches on. */
export type Fault =
  | 'storage-full'
  | 'whitelist-expired'
  | 'web-server-down'
  /** Somebody reads below /cvmfs/REPO. */
  | 'reader'
  /** Somebody works in, or writes to, the open transaction. */
  | 'open-file'
  | 'not-owner';

/** Points at which a command waits while a test holds it there. */
export type Point =
  | 'ingest:opened'
  | 'ingest:syncing'
  | 'ingest:committing'
  | 'ingest:published'
  | 'transaction:opened'
  | 'publish:syncing'
  | 'publish:published'
  | 'rollback:syncing'
  | 'rollback:published';

export interface Places {
  root: string;
  serverConf: string;
  /** One folder per revision, and what is known of them. */
  revisions: string;
  state: string;
  mount: string;
  transactionLock: string;
  /** Holds the process id of the ingest or publish that runs, or was killed. */
  publishingLock: string;
}

export function placesOf(root: string, repository: string): Places {
  return {
    root,
    serverConf: join(root, 'etc', repository, 'server.conf'),
    revisions: join(root, 'srv', repository, 'revisions'),
    state: join(root, 'srv', repository, 'state.json'),
    mount: join(root, 'cvmfs', repository),
    transactionLock: join(root, 'spool', repository, 'in_transaction.lock'),
    publishingLock: join(root, 'spool', repository, 'is_publishing.lock'),
  };
}

export function hasFault(root: string, fault: Fault): boolean {
  return existsSync(join(root, 'faults', fault));
}

export function setFault(root: string, fault: Fault, on: boolean): void {
  mkdirSync(join(root, 'faults'), { recursive: true });
  if (on) writeFileSync(join(root, 'faults', fault), '');
  else rmSync(join(root, 'faults', fault), { force: true });
}

const heldAtMostMs = 120_000;

const heldFile = (root: string, point: Point) => join(root, 'held', point);
const reachedFile = (root: string, point: Point) => join(root, 'reached', point);

/** Waits here while a test holds the point, after telling that it is reached. */
export async function pass(root: string, point: Point): Promise<void> {
  if (!existsSync(heldFile(root, point))) return;
  // By a rename: whoever sees the file must find the whole number in it.
  writeFileSync(`${reachedFile(root, point)}.new`, `${process.pid}\n`);
  renameSync(`${reachedFile(root, point)}.new`, reachedFile(root, point));
  // A test that was killed releases nothing; what it held must not wait for ever.
  const end = Date.now() + heldAtMostMs;
  while (existsSync(heldFile(root, point)) && Date.now() < end) await pause();
}

export interface Hold {
  /** Resolves when a command has come to the point, with its process id. */
  reached(): Promise<number>;
  release(): void;
}

export function holdAt(root: string, point: Point): Hold {
  for (const folder of ['held', 'reached']) mkdirSync(join(root, folder), { recursive: true });
  rmSync(reachedFile(root, point), { force: true });
  writeFileSync(heldFile(root, point), '');
  return {
    async reached() {
      while (!existsSync(reachedFile(root, point))) await pause();
      const pid = Number(readFileSync(reachedFile(root, point), 'utf8'));
      // It will be signalled, and 0 or -1 would be the test itself and everybody.
      if (!Number.isInteger(pid) || pid < 2) throw new Error(`no process id at ${point}`);
      return pid;
    },
    release: () => rmSync(heldFile(root, point), { force: true }),
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
