import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scripts } from '../../src/builders/scripts.ts';

/** `wait -n` that never hears of its first process, as bash's does now and then. */
const DEAF = 'wait() { if [[ $1 == -n ]]; then builtin wait -n "${@:3}"; else builtin wait "$@"; fi; }';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-runner-'));
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'metadata'), '');
  await writeFile(join(folder, 'run.sh'), scripts.run);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a bash that misses the end of the job does not keep it until its time limit', async () => {
  await writeFile(join(folder, 'steps.sh'), 'exit 7\n');
  const script = `${DEAF}; export -f wait; exec bash "$0/run.sh" "$0" 77 600 "" "" no`;
  await promisify(execFile)('bash', ['-c', script, folder]);
  expect(await readFile(join(folder, 'exit'), 'utf8')).toBe('exited 7\n');
});
