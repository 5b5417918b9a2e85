import { readFileSync } from 'node:fs';

const read = (name: string) => readFileSync(new URL(`scripts/${name}.sh`, import.meta.url), 'utf8');
const processes = read('processes');

/** The scripts that run on build nodes; fixed texts, whatever varies is an argument. */
export const scripts = {
  launch: read('launch'),
  find: read('find'),
  stop: `${processes}\n${read('stop')}`,
  observe: read('observe'),
  results: read('results'),
  artifact: read('artifact'),
  /** Two that a job's directory carries: bash. */
  run: `${processes}\n${read('run')}`,
  steps: read('steps'),
};

/** The argument vector that runs a POSIX script. */
export function sh(script: string, ...args: string[]): string[] {
  return ['sh', '-c', script, 'sh', ...args];
}
