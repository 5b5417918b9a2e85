/** What a pull request changes, read out of a mirror: paths from git's raw difference, texts only where they are wanted. */
import { Retryable, UserFacing } from '../domain/errors.ts';
import type { ChangedFile, FileText, PullChanges } from '../ports.ts';
import type { Git } from './git.ts';

const TIMEOUT_MS = 60_000;
/** Files of a pull request that are looked at; GitHub itself shows 3000. */
const MOST_FILES = 20_000;
/** Texts of one pull request, all together. */
const MOST_TEXTS = 500;
const LONGEST_TEXT = 1024 * 1024;
const LONGEST_TOGETHER = 16 * 1024 * 1024;

interface RawChange {
  path: string;
  status: ChangedFile['status'];
  before: Blob | null;
  after: Blob | null;
}

interface Blob {
  id: string;
  plain: boolean;
}

/**
 * The difference from where the branch left its base to its head: what the pull request itself does.
 * @param wanted paths whose texts are read
 * @throws UserFacing when it changes more files than anybody could look at
 */
export async function readChanges(
  git: Git,
  { baseSha, headSha, baseRef }: { baseSha: string; headSha: string; baseRef: string },
  wanted: (path: string) => boolean,
): Promise<PullChanges> {
  const forked = await git.run(['merge-base', '--end-of-options', baseSha, headSha], {
    timeoutMs: TIMEOUT_MS,
  });
  if (forked.code === 1)
    return { kind: 'gone', detail: `commit ${headSha} has no history in common with ${baseRef}` };
  const start = text(forked.stdout, forked.code, 'merge-base').trim();
  const listing = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--no-ext-diff'];
  const [raw, behind] = await Promise.all([
    git.run([...listing, '--end-of-options', start, headSha], { timeoutMs: TIMEOUT_MS }),
    git.run(['rev-list', '--count', '--end-of-options', `${headSha}..${baseSha}`], { timeoutMs: TIMEOUT_MS }),
  ]);
  const changes = parseRaw(text(raw.stdout, raw.code, 'diff-tree'));
  if (changes.length > MOST_FILES) throw tooManyFiles(changes.length.toLocaleString('en-US'));
  const blobs = changes
    .filter(({ path }) => wanted(path))
    .flatMap(({ before, after }) => [before, after])
    .filter((blob) => blob !== null);
  const texts = await readTexts(git, blobs);
  const textOf = (blob: Blob | null): FileText | null => (blob && texts.get(blob.id)) ?? null;
  return {
    kind: 'read',
    behindBy: Number(text(behind.stdout, behind.code, 'rev-list')),
    files: changes.map(({ path, status, before, after }) =>
      wanted(path)
        ? { path, status, before: textOf(before), after: textOf(after) }
        : { path, status, before: null, after: null },
    ),
  };
}

function tooManyFiles(count: string): UserFacing {
  const most = MOST_FILES.toLocaleString('en-US');
  return new UserFacing(`The pull request changes ${count} files; more than ${most} are not looked at.`);
}

/** `:100644 100644 <id> <id> M` NUL `path` NUL …; a link or a submodule is no plain file. */
function parseRaw(raw: string): RawChange[] {
  const fields = raw.split('\0');
  const changes: RawChange[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [before = '', after = '', oldId = '', newId = ''] = (fields[at] ?? '').slice(1).split(' ');
    const blob = (mode: string, id: string) =>
      /^0+$/.test(mode) ? null : { id, plain: mode.startsWith('100') };
    const [was, is] = [blob(before, oldId), blob(after, newId)];
    const status = was === null ? 'added' : is === null ? 'removed' : 'changed';
    changes.push({ path: fields[at + 1] ?? '', status, before: was, after: is });
  }
  return changes;
}

/** First their sizes, then only those that are small enough, so that nothing large is ever in memory. */
async function readTexts(git: Git, blobs: readonly Blob[]): Promise<Map<string, FileText>> {
  const texts = new Map<string, FileText>();
  for (const { id, plain } of blobs) if (!plain) texts.set(id, { unreadable: 'no-file' });
  const ids = [...new Set(blobs.filter(({ plain }) => plain).map(({ id }) => id))];
  if (ids.length === 0) return texts;
  const sizes = await batch(git, '--batch-check=%(objectsize)', ids);
  let together = 0;
  const small: string[] = [];
  sizes
    .toString('latin1')
    .split('\n')
    .slice(0, ids.length)
    .forEach((size, index) => {
      const id = ids[index] ?? '';
      together += Number(size);
      if (Number(size) <= LONGEST_TEXT && together <= LONGEST_TOGETHER && small.length < MOST_TEXTS)
        small.push(id);
      else texts.set(id, { unreadable: 'too-large' });
    });
  if (small.length === 0) return texts;
  const content = await batch(git, '--batch=%(objectsize)', small);
  let at = 0;
  for (const id of small) {
    const lineEnd = content.indexOf('\n', at);
    const size = Number(content.toString('latin1', at, lineEnd));
    // What is not UTF-8 becomes U+FFFD, which whoever reads it can point at.
    texts.set(id, { text: content.toString('utf8', lineEnd + 1, lineEnd + 1 + size) });
    at = lineEnd + 1 + size + 1;
  }
  return texts;
}

async function batch(git: Git, mode: string, ids: readonly string[]): Promise<Buffer> {
  const input = Buffer.from(ids.map((id) => `${id}\n`).join(''));
  const { code, stdout } = await git.run(['cat-file', mode], { timeoutMs: TIMEOUT_MS, input });
  if (code !== 0) throw new Retryable(`git cat-file failed (code ${code})`);
  return stdout;
}

function text(stdout: Buffer, code: number | null, command: string): string {
  if (code !== 0) throw new Retryable(`git ${command} failed (code ${code})`);
  return stdout.toString('utf8');
}
