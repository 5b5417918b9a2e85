import { styleText } from 'node:util';

/** One figure: what was measured, several times, and what it is compared with. */
export interface Figure {
  name: string;
  unit: 'ms' | 'min' | 'requests' | 'MB/s' | '/s' | 'MiB' | 'builds' | '% of a core';
  runs: number;
  min: number;
  median: number;
  max: number;
  /** The limit or peer, and how often its median fits into ours. */
  against: { name: string; median: number; ratio: number } | null;
  /** What it should be at most or at least, the ratio where there is one, and whether it is. */
  goal?: { most: number; met: boolean } | { least: number; met: boolean };
}

export interface Report {
  bench: string;
  figures: Figure[];
}

/** Sums up the values of several runs. */
export function figure(
  name: string,
  unit: Figure['unit'],
  values: readonly number[],
  peer: Figure | null = null,
): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => round(sorted[index] ?? Number.NaN);
  const median = round(
    (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2,
  );
  return {
    name,
    unit,
    runs: sorted.length,
    min: at(0),
    median,
    max: at(sorted.length - 1),
    against: peer && { name: peer.name, median: peer.median, ratio: round(median / peer.median) },
  };
}

/** The figure with a goal: its ratio, or where it is compared with nothing its median, is to be `most` at most. */
export function withGoal(one: Figure, most: number): Figure {
  return { ...one, goal: { most, met: (one.against?.ratio ?? one.median) <= most } };
}

/** The same with a goal of `least` at least. */
export function withFloor(one: Figure, least: number): Figure {
  return { ...one, goal: { least, met: (one.against?.ratio ?? one.median) >= least } };
}

/** A table people can read; the JSON behind it is for machines. */
export function printTable({ bench, figures }: Report, out: NodeJS.WriteStream): void {
  const rows = figures.map((one) => [
    one.name,
    String(one.runs),
    `${one.min}`,
    `${one.median}`,
    `${one.max} ${one.unit}`,
    one.against ? `${one.against.ratio} × ${one.against.name}` : '',
    goalOf(one),
  ]);
  const head = [`bench ${bench}`, 'runs', 'min', 'median', 'max', 'against', 'goal'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 || column >= 5 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  out.write(`${styleText('bold', line(head), { stream: out })}\n`);
  for (const row of rows) out.write(`${line(row)}\n`);
}

function goalOf({ goal, against }: Figure): string {
  if (goal === undefined) return '';
  const wanted = 'most' in goal ? `≤ ${goal.most}` : `≥ ${goal.least}`;
  return `${wanted}${against ? ' ×' : ''}: ${goal.met ? 'met' : 'MISSED'}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
