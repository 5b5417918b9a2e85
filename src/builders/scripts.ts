import { readFileSync } from 'node:fs';

const read = (name: string) => readFileSync(new URL(`scripts/${name}.sh`, import.meta.url), 'utf8');
const after = (...names: string[]) => names.map(read).join('\n');

/** The scripts that run on build nodes and login nodes; fixed texts, whatever varies is an argument. */
export const scripts = {
  launch: after('unpack', 'launch'),
  find: read('find'),
  stop: after('processes', 'elsewhere', 'stop'),
  observe: after('elsewhere', 'observe'),
  results: read('results'),
  artifact: read('artifact'),
  measure: read('measure'),
  upload: read('upload'),
  remove: read('remove'),
  space: read('space'),
  slurm: {
    launch: after('processes', 'unpack', 'slurm', 'slurm-launch'),
    find: after('slurm', 'slurm-find'),
    stop: after('processes', 'slurm', 'slurm-stop'),
    queue: `${read('slurm')}\nin_queue "$1"`,
    fate: read('slurm-fate'),
    seal: after('processes', 'slurm', 'slurm-seal'),
  },
  /** Two that a job's directory carries: bash. Slurm wants to see the first line. */
  run: `#!/bin/bash\n${after('processes', 'run')}`,
  steps: read('steps'),
};

/** The argument vector that runs a POSIX script. */
export function sh(script: string, ...args: string[]): string[] {
  return ['sh', '-c', script, 'sh', ...args];
}
