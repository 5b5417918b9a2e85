/** What the runs of webhooks.ts come to. */
import { type Figure, figure, withFloor } from './report.ts';
import type { Used } from './webhooks-cores.ts';
import type { Measured } from './webhooks-senders.ts';

const WANTED_PER_SECOND = 3_000;
const WANTED_SHARE = 0.4;

/** Webhooks that were taken in, and who used the processors meanwhile. */
export interface Intake extends Measured {
  used: Used;
}

export interface Run {
  /** With what was taken in waiting in the queue. */
  alone: Intake;
  /** With the bot working on what it takes in. */
  working: Intake;
  plain: Measured;
  /** Transactions a second; null where there is no pgbench. */
  pgbench: number | null;
}

export function sumUp(runs: readonly Run[], connections: number): Figure[] {
  const on = `${connections} connections`;
  const of = (name: string, unit: Figure['unit'], value: (run: Run) => number, peer: Figure | null = null) =>
    figure(name, unit, runs.map(value), peer);
  const plain = of(`plain INSERTs on ${on}`, '/s', (run) => rate(run.plain));
  const plainP99 = of(`plain INSERT, p99 on ${on}`, 'ms', (run) => quantile(run.plain, 0.99));
  const pgbench = runs.map((run) => run.pgbench).filter((tps) => tps !== null);
  return [
    plain,
    ...(pgbench.length > 0 ? [figure(`pgbench on ${on}`, '/s', pgbench, plain)] : []),
    plainP99,
    ...(['alone', 'working'] as const).flatMap((how) => {
      const name = how === 'alone' ? 'intake, what it takes waits' : 'intake, and works on it';
      const share = (part: keyof Used) => (run: Run) => (100 * run[how].used[part]) / run[how].allSeconds;
      return [
        withFloor(
          of(`${name}, on ${on}`, '/s', (run) => rate(run[how]), plain),
          WANTED_SHARE,
        ),
        withFloor(
          of('  the same, by itself', '/s', (run) => rate(run[how])),
          WANTED_PER_SECOND,
        ),
        of('  p50', 'ms', (run) => quantile(run[how], 0.5)),
        of('  p99', 'ms', (run) => quantile(run[how], 0.99), plainP99),
        of('  CPU: the bot', '% of a core', share('bot')),
        of('  CPU: PostgreSQL', '% of a core', share('postgres')),
        of('  CPU: who sends', '% of a core', (run) => (100 * run[how].cpuSeconds) / run[how].allSeconds),
        of('  CPU: all that runs here', '% of a core', share('machine')),
      ];
    }),
  ];
}

function rate({ tookMs, seconds }: Measured): number {
  return tookMs.length / seconds;
}

function quantile({ tookMs }: Measured, at: number): number {
  return [...tookMs].sort((a, b) => a - b)[Math.floor(at * tookMs.length)] ?? Number.NaN;
}
