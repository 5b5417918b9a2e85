import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { End, explainWhitelist, requireOwner } from './end.ts';
import { hasFault, pass } from './places.ts';
import { Repository } from './repository.ts';

export async function transaction(repository: Repository): Promise<void> {
  if (!repository.known) throw new End(1, '', 'Unable to find the configuration file');
  requireOwner(repository, 1);
  untouched(repository);
  if (!repository.openTransaction()) {
    throw new End(17, '', 'CernVM-FS transaction error: another transaction is already open');
  }
  await pass(repository.at.root, 'transaction:opened');
}

export async function publish(repository: Repository, tag: string | null, message: string): Promise<void> {
  const { at, name } = repository;
  exists(repository);
  requireOwner(repository, 2);
  untouched(repository);
  if (!repository.inTransaction) throw new End(1, `Repository ${name} is not in a transaction\n`, '');
  if (hasFault(at.root, 'open-file')) {
    throw new End(1, `Open writable file descriptors or a working directory on /cvmfs/${name}\n`, '');
  }
  explainWhitelist(repository);
  if (tag !== null && repository.read().tags.some((one) => one.name === tag)) {
    throw new End(1, '', `Tag name '${tag}' is already in use.`);
  }
  repository.lockForPublishing();
  await pass(at.root, 'publish:syncing');
  if (hasFault(at.root, 'storage-full')) {
    // The transaction stays open, and so does what is on the disk already.
    throw new End(1, '', 'PANIC: uploader.cc: block upload failed (code: 28)');
  }
  repository.commit(at.mount, { tag, message, dirtab: true });
  repository.closeTransaction();
  await pass(at.root, 'publish:published');
}

export function abort(repository: Repository, force: boolean): void {
  const { name } = repository;
  if (!repository.known) throw new End(1, '', 'Unable to find the configuration file');
  requireOwner(repository, 1);
  if (repository.isPublishing) {
    if (!force) untouched(repository);
    throw new End(22, '', `Could not acquire lock /var/spool/cvmfs/${name}/is_publishing.lock`);
  }
  if (!repository.inTransaction) throw new End(22, '', `Repository ${name} is not in a transaction`);
  // Anything but a no is a yes, a closed stdin too.
  if (!force && /^n/i.test(readFileSync(0, 'utf8')))
    throw new End(1, 'You are about to DISCARD all changes', '');
  repository.closeTransaction();
}

export function tag(repository: Repository, action: string, name: string, message: string): void {
  exists(repository);
  if (repository.isPublishing) throw new End(1, '', 'Repository is currently publishing');
  const state = repository.read();
  const known = state.tags.some((one) => one.name === name);
  if (action === 'list') {
    for (const one of [...state.tags].reverse()) {
      const { hash, size, revision, time, description } = one;
      process.stdout.write(`${one.name} ${hash} ${size} ${revision} ${time} (default) ${description}\n`);
    }
  } else if (action === 'add') {
    if (known) throw new End(1, '', `Tag ${name} already exists. Do you want to move it?`);
    repository.write({ ...state, tags: [...state.tags, repository.tagOf(name, state.revision, message)] });
  } else {
    if (!known) throw new End(1, '', `Tag ${name} does not exist`);
    repository.write({ ...state, tags: state.tags.filter((one) => one.name !== name) });
  }
}

/** The tag's content becomes the next revision, the tag goes with it, later tags are gone. */
export async function rollback(repository: Repository, name: string, force: boolean): Promise<void> {
  exists(repository);
  requireOwner(repository, 1);
  untouched(repository);
  if (repository.inTransaction) throw new End(1, '', `Repository ${repository.name} is in a transaction`);
  if (!force && !/^y/i.test(readFileSync(0, 'utf8'))) throw new End(1, 'You are about to ROLLBACK', '');
  explainWhitelist(repository);
  const state = repository.read();
  const target = state.tags.find((one) => one.name === name);
  if (!target) throw new End(1, '', `Tag ${name} does not exist`);
  repository.lockForPublishing();
  await pass(repository.at.root, 'rollback:syncing');
  const older = state.tags.filter((one) => one.revision <= target.revision && one.name !== name);
  repository.write({ ...state, tags: older });
  repository.commit(repository.tree(target.revision), {
    tag: name,
    message: target.description,
    dirtab: true,
  });
  await pass(repository.at.root, 'rollback:published');
  repository.closeTransaction();
}

export function check(repository: Repository): void {
  exists(repository);
  if (repository.read().corrupt)
    throw new End(1, '', 'catalog contains entries whose parent is no directory');
}

/** What `list` prints of every repository: the same for a transaction whose process lives and one whose was killed. */
export function list(root: string): void {
  for (const name of readdirSync(join(root, 'etc')).sort()) {
    const repository = new Repository(root, name);
    const open = repository.inTransaction ? ' - in transaction' : '';
    const unhealthy = repository.hasPublishingLock ? ' - unhealthy' : '';
    const whitelist = hasFault(root, 'whitelist-expired') ? ' - whitelist expired' : '';
    process.stdout.write(`${name} (stratum0 / local${open}${unhealthy}${whitelist})\n`);
  }
}

function exists(repository: Repository): void {
  if (!repository.known) throw new End(1, '', `The repository ${repository.name} does not exist`);
}

function untouched(repository: Repository): void {
  if (!repository.isPublishing) return;
  const advice = `remove ${repository.at.publishingLock} if no publish is running`;
  throw new End(
    1,
    '',
    `Repository ${repository.name} is currently publishing and should not be touched (${advice})`,
  );
}
