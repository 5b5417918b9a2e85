/** The files of a folder, as a first commit takes them. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Changes } from './model.ts';

/** All files below a folder with their modes, without any `.git`. */
export async function readFiles(dir: string): Promise<Changes> {
  const files: Changes = {};
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    if (name.split(sep).includes('.git')) continue;
    const path = join(dir, name);
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) files[name] = { content: await readlink(path), mode: '120000' };
    else if (stat.isFile()) files[name] = { content: await readFile(path), mode: modeOf(stat.mode) };
  }
  return files;
}

function modeOf(mode: number): string {
  return mode & 0o100 ? '100755' : '100644';
}
