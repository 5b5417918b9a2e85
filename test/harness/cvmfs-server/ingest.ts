import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Entry, readArchive } from './archive.ts';
import { End, explainWhitelist, requireOwner } from './end.ts';
import { hasFault, pass } from './places.ts';
import type { Repository } from './repository.ts';

export interface IngestOptions {
  tar: string | null;
  base: string;
  remove: string[];
}

/** `cvmfs_server ingest`: a transaction, a sync of the tar into the catalogs, a revision; or nothing of it. */
export async function ingest(repository: Repository, options: IngestOptions): Promise<void> {
  const { at, name } = repository;
  if (!repository.known) throw new End(2, '', `cannot open /etc/cvmfs/repositories.d/${name}/server.conf`);
  requireOwner(repository, 1);
  if (repository.isPublishing) {
    throw new End(1, '', `Repository ${name} is currently publishing and should not be touched`);
  }
  explainWhitelist(repository);
  if (!repository.openTransaction()) {
    const already = 'CernVM-FS transaction error: another transaction is already open';
    throw new End(1, '', `${already}\nImpossible to start a transaction`);
  }
  await pass(at.root, 'ingest:opened');
  if (hasFault(at.root, 'reader')) {
    const question = `WARNING: Open file descriptors on /cvmfs/${name}! Do you want to proceed anyway? (y/N)`;
    throw new End(1, question, '');
  }
  repository.lockForPublishing();
  await pass(at.root, 'ingest:syncing');
  const scratch = mkdtempSync(join(at.root, 'spool', 'ingest-'));
  try {
    cpSync(repository.tree(repository.read().revision), scratch, { recursive: true, verbatimSymlinks: true });
    for (const path of options.remove) removeFrom(scratch, path);
    // Unquoted in the script: a base with a space is cut there.
    const base = options.base.split(' ')[0] ?? '';
    sync(repository, scratch, base, readFileSync(options.tar ?? 0));
    if (hasFault(at.root, 'storage-full')) {
      throw new End(1, '', 'PANIC: uploader.cc: block upload failed (code: 28)');
    }
    await pass(at.root, 'ingest:committing');
    repository.commit(scratch, { tag: null, message: '', dirtab: false });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    repository.closeTransaction();
  }
  await pass(at.root, 'ingest:published');
}

function removeFrom(tree: string, path: string): void {
  try {
    lstatSync(join(tree, path));
    rmSync(join(tree, path), { recursive: true });
  } catch {
    process.stdout.write(`Warning: ${path} not found in the repository, nothing to delete\n`);
  }
}

/** What is in the tar, laid over the tree with the manners of the real one. */
function sync(repository: Repository, tree: string, base: string, bytes: Buffer): void {
  const archive = readArchive(bytes);
  if ('error' in archive && archive.error === 'unrecognized') {
    throw new End(1, '', 'Impossible to open the archive: Unrecognized archive format');
  }
  const fresh = kindAt(tree, base) === null;
  const through = fileOnTheWay(tree, base);
  if (through) {
    // The catalog has entries below a file now: nobody sees them, and the next check finds them.
    repository.write({ ...repository.read(), corrupt: true });
    return;
  }
  const seen = new Set<string>();
  for (const entry of archive.entries) {
    if (entry.path.split('/').includes('..')) {
      if (!fresh) throw new End(1, '', `PANIC: assertion failed: ${entry.path}\nSynchronization failed`);
      continue;
    }
    if (entry.type !== 'directory' && seen.has(entry.path)) {
      throw new End(1, '', `Assertion failed: duplicate entry ${entry.path}\nAborted`);
    }
    seen.add(entry.path);
    place(tree, base, entry);
  }
  if ('error' in archive) throw new End(1, '', 'Truncated tar archive\nAborted\nSynchronization failed');
}

function place(tree: string, base: string, entry: Entry): void {
  const target = join(tree, base, entry.path);
  mkdirSync(dirname(target), { recursive: true });
  if (entry.type === 'directory') {
    if (kindAt(tree, join(base, entry.path)) === 'file') rmSync(target);
    mkdirSync(target, { recursive: true });
    return;
  }
  rmSync(target, { recursive: true, force: true }); // a directory goes without a word
  if (entry.type === 'file') writeFileSync(target, entry.content, { mode: entry.mode });
  else if (entry.type === 'symlink') symlinkSync(entry.link, target);
  else {
    try {
      linkSync(join(tree, base, entry.link), target);
    } catch {
      throw new End(1, '', `PANIC: hard link ${entry.path} to missing ${entry.link}`);
    }
  }
}

function fileOnTheWay(tree: string, base: string): boolean {
  const parts = base.split('/').filter((part) => part !== '');
  return parts.some((_part, index) => kindAt(tree, parts.slice(0, index + 1).join('/')) === 'file');
}

function kindAt(tree: string, path: string): 'directory' | 'file' | null {
  try {
    return lstatSync(join(tree, path)).isDirectory() ? 'directory' : 'file';
  } catch {
    return null;
  }
}
