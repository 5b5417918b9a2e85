import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Outcome, run, SLOWEST_MS } from './run.ts';
import type { Subject } from './subject.ts';

/** What can be fuzzed; opened when asked for, as some bring up servers. */
const SUBJECTS: Record<string, { about: string; open: () => Promise<Subject> }> = {
  comments: {
    about: 'the parser, the plan and the answers, rendered as GitHub does',
    open: async () => (await import('./subjects/comments.ts')).comments(),
  },
  webhooks: {
    about: "the HTTP route: signature, reading, translation; each webhook's row kept in memory",
    open: async () => (await import('./subjects/webhooks.ts')).webhooks(),
  },
  results: {
    about: 'result and test files of jobs, read from a node every hundredth time',
    open: async () => (await import('./subjects/results.ts')).results(),
  },
  logs: {
    about: 'logs of jobs: why they failed, and secrets covered',
    open: async () => (await import('./subjects/logs.ts')).logs(),
  },
  easystacks: {
    about: 'easystack files of pull requests',
    open: async () => (await import('./subjects/easystacks.ts')).easystacks(),
  },
  tarballs: {
    about: 'tarballs of jobs, decompressed, listed and judged',
    open: async () => (await import('./subjects/tarballs.ts')).tarballs(),
  },
};

const FAILURES = join(import.meta.dirname, 'failures');

/** Everything else in the file is a line of its own: the file can be read. */
async function keep(name: string, number: number, input: string): Promise<string> {
  await mkdir(FAILURES, { recursive: true });
  const file = join(FAILURES, `${name}-${number}.txt`);
  await writeFile(file, input);
  return file;
}

function usage(): string {
  const names = Object.entries(SUBJECTS).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`);
  return `npm run fuzz -- NAME [--count N] [--seed N] [--only NUMBER]\n\n${names.join('\n')}\n`;
}

/** What was asked for; null where an option is none of ours. */
function asked() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n`);
    return null;
  }
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { positionals, values } = asked() ?? { positionals: [], values: {} };
  const [name = ''] = positionals;
  const chosen = Object.hasOwn(SUBJECTS, name) ? SUBJECTS[name] : undefined;
  const [count, seed] = [Number(values.count ?? 10_000), Number(values.seed ?? Date.now() % 2 ** 31)];
  const only = values.only === undefined ? null : Number(values.only);
  if (chosen === undefined || ![count, seed, only ?? 0].every(Number.isSafeInteger)) {
    process.stderr.write(usage());
    return 2;
  }
  const subject = await chosen.open();
  const bar = process.stderr.isTTY;
  const begun = performance.now();
  let outcome: Outcome;
  try {
    outcome = await run(subject, {
      seed,
      first: only ?? 0,
      count: only === null ? count : 1,
      slowestMs: SLOWEST_MS,
      progress(done) {
        const rate = Math.round(done / ((performance.now() - begun) / 1000));
        if (bar) process.stderr.write(`\r${done} of ${count}, ${rate}/s `);
      },
    });
  } finally {
    await subject.close?.();
  }
  if (bar) process.stderr.write('\r\u001b[K');
  const { done, ms, answers, slowest, failure } = outcome;
  const slow = slowest.input === '' ? '' : await keep(`${name}-slowest`, slowest.number, slowest.input);
  const report = {
    fuzz: name,
    seed,
    cases: done,
    perSecond: Math.round(done / (ms / 1000)),
    slowestMs: Number(slowest.ms.toFixed(1)),
    slowest: slowest.number,
    answers,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.stderr.write(`the slowest, case ${slowest.number}: ${slow}\n`);
  if (failure === null) return 0;
  const file = await keep(name, failure.number, failure.input);
  process.stderr.write(
    `case ${failure.number} failed: ${failure.why}\nits input: ${file}\nagain: npm run fuzz -- ${name} --seed ${seed} --only ${failure.number}\n`,
  );
  return 1;
}

process.exit(await main());
