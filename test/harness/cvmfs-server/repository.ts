import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nestedCatalogs } from './catalogs.ts';
import { type Places, placesOf } from './places.ts';

export interface Tag {
  name: string;
  hash: string;
  size: number;
  revision: number;
  /** Unix seconds. */
  time: number;
  description: string;
}

export interface State {
  revision: number;
  tags: Tag[];
  /** Directories with a nested catalog of their own, in the head. */
  catalogs: string[];
  /** The catalog contradicts itself, as it does after an ingest through a file. */
  corrupt: boolean;
}

/** One repository of the stand-in: real trees on disk, one for each revision, the head shown at the mount. */
export class Repository {
  readonly name: string;
  readonly at: Places;

  constructor(root: string, name: string) {
    this.name = name;
    this.at = placesOf(root, name);
  }

  get known(): boolean {
    return existsSync(this.at.serverConf);
  }

  /** As `cvmfs_server mkfs` does. */
  create(): void {
    for (const folder of [dirname(this.at.serverConf), dirname(this.at.transactionLock), this.at.mount]) {
      mkdirSync(folder, { recursive: true });
    }
    mkdirSync(join(this.at.revisions, '0'), { recursive: true });
    this.write({ revision: 0, tags: [], catalogs: [], corrupt: false });
    this.commit(this.at.mount, { tag: null, message: '', dirtab: true });
    writeFileSync(this.at.serverConf, `CERNVM_REPOSITORY_NAME=${this.name}\n`);
  }

  read(): State {
    return JSON.parse(readFileSync(this.at.state, 'utf8')) as State;
  }

  write(state: State): void {
    writeFileSync(`${this.at.state}.new`, JSON.stringify(state));
    renameSync(`${this.at.state}.new`, this.at.state);
  }

  tree(revision: number): string {
    return join(this.at.revisions, String(revision));
  }

  get inTransaction(): boolean {
    return existsSync(this.at.transactionLock);
  }

  /** True also for the lock that a killed process left: `list` cannot tell, and says unhealthy to both. */
  get hasPublishingLock(): boolean {
    return existsSync(this.at.publishingLock);
  }

  get isPublishing(): boolean {
    if (!this.hasPublishingLock) return false;
    try {
      // Not signal 0: one that was killed and not yet waited for would still answer.
      const status = readFileSync(`/proc/${readFileSync(this.at.publishingLock, 'utf8')}/stat`, 'utf8');
      return !/\) [ZX] /.test(status);
    } catch {
      return false;
    }
  }

  /** False when a transaction is open already. */
  openTransaction(): boolean {
    try {
      closeSync(openSync(this.at.transactionLock, 'wx'));
    } catch {
      return false;
    }
    this.showHead();
    return true;
  }

  closeTransaction(): void {
    this.showHead();
    rmSync(this.at.publishingLock, { force: true });
    rmSync(this.at.transactionLock, { force: true });
  }

  lockForPublishing(): void {
    const file = openSync(this.at.publishingLock, 'w');
    writeSync(file, String(process.pid));
    closeSync(file);
  }

  /** Makes a tree the next revision. */
  commit(tree: string, options: { tag: string | null; message: string; dirtab: boolean }): number {
    const state = this.read();
    const revision = state.revision + 1;
    rmSync(this.tree(revision), { recursive: true, force: true });
    cpSync(tree, this.tree(revision), { recursive: true, verbatimSymlinks: true });
    const catalogs = options.dirtab ? nestedCatalogs(this.tree(revision)) : state.catalogs;
    const name = options.tag ?? `generic-${new Date().toISOString()}-${revision}`;
    const tag = this.tagOf(name, revision, options.message);
    this.write({ ...state, revision, catalogs, tags: [...state.tags, tag] });
    this.showHead();
    return revision;
  }

  tagOf(name: string, revision: number, description: string): Tag {
    const hash = createHash('sha1').update(`${this.name} ${revision}`).digest('hex');
    return { name, hash, size: 4096, revision, time: Math.floor(Date.now() / 1000), description };
  }

  /** The mount shows the head; what was written there outside of a transaction is gone. */
  showHead(): void {
    for (const name of readdirSync(this.at.mount)) {
      rmSync(join(this.at.mount, name), { recursive: true, force: true });
    }
    cpSync(this.tree(this.read().revision), this.at.mount, { recursive: true, verbatimSymlinks: true });
  }
}
