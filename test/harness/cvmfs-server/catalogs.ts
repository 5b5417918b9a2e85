import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that `.cvmfsdirtab` gives a nested catalog: one pattern a line, `#` a comment, `!` an exception. */
export function nestedCatalogs(tree: string): string[] {
  const dirtab = join(tree, '.cvmfsdirtab');
  if (!existsSync(dirtab)) return [];
  const found = new Set<string>();
  for (const line of readFileSync(dirtab, 'utf8')
    .split('\n')
    .map((text) => text.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const excluded = line.startsWith('!');
    for (const path of globSync(line.replace(/^!?\s*\//, ''), { cwd: tree })) {
      if (excluded) found.delete(path);
      else if (statSync(join(tree, path)).isDirectory()) found.add(path);
    }
  }
  return [...found].sort();
}
