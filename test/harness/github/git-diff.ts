/** What changed between two commits, in the words of GitHub's "list files". */
import type { GitRepository } from './git.ts';

export interface ChangedFile {
  readonly filename: string;
  readonly previous: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** The hunks; binary files have none. */
  readonly patch: string | null;
}

const statuses = { A: 'added', D: 'removed', R: 'renamed' } as const;
const diffTree = ['diff-tree', '-r', '-M'] as const;

/** The files that differ between two commits, in git's order. */
export async function changedFiles(git: GitRepository, base: string, head: string): Promise<ChangedFile[]> {
  const [summary, patches] = await Promise.all([
    git.run([...diffTree, '-z', '--raw', '--numstat', base, head]),
    git.run([...diffTree, '-p', base, head]),
  ]);
  const hunks = patches
    .toString()
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith('diff --git '));
  return parseSummary(summary.toString()).map((file, index) => {
    const patch = hunks[index] ?? '';
    const start = patch.search(/^@@ /m);
    return { ...file, patch: start < 0 ? null : patch.slice(start).replace(/\n$/, '') };
  });
}

/** The whole change as one text, as `.diff` shows it. */
export async function unifiedDiff(git: GitRepository, base: string, head: string): Promise<string> {
  return (await git.run([...diffTree, '-p', base, head])).toString();
}

/** `--raw -z` records first, then `--numstat -z` records; a rename spreads over two more fields in both. */
function parseSummary(text: string): Omit<ChangedFile, 'patch'>[] {
  const fields = text.split('\0');
  const files: Omit<ChangedFile, 'patch' | 'additions' | 'deletions'>[] = [];
  const counts: { additions: number; deletions: number }[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    if (field.startsWith(':')) {
      const [, , oldSha = '', newSha = '', letter = 'M'] = field.split(' ');
      const kind = letter.charAt(0);
      const status = kind === 'A' || kind === 'D' || kind === 'R' ? statuses[kind] : 'modified';
      const previous = kind === 'R' ? (fields[++at] ?? '') : null;
      const filename = fields[++at] ?? '';
      files.push({ filename, previous, status, sha: kind === 'D' ? oldSha : newSha });
    } else if (field !== '') {
      const [added = '', deleted = '', path = ''] = field.split('\t');
      counts.push({ additions: Number(added) || 0, deletions: Number(deleted) || 0 });
      if (path === '') at += 2;
    }
  }
  return files.map((file, index) => ({ ...file, ...(counts[index] ?? { additions: 0, deletions: 0 }) }));
}
