import type { Wait } from '../domain/wait.ts';
import { code, list } from './markdown.ts';

/** The command waits. */
export function waitsFor(after: number, headSha: string): string {
  return `This waits for #${after} to be merged and published, and is for ${code(headSha.slice(0, 7))} as it is now. \`bot: cancel\` calls it off.`;
}

/** A pull request cannot wait for itself, or for one that waits for it. */
export function circular(way: readonly number[]): string {
  if (way.length < 2) return 'A pull request cannot wait for itself, so nothing was started.';
  return `Nothing was started: ${list(way.map((number) => `#${number}`))} would wait for each other.`;
}

/** What is waited for will not come. */
export function neverComes(after: number, why: 'unknown' | 'closed'): string {
  const reason =
    why === 'unknown' ? 'there is no such pull request here' : 'it was closed without being merged';
  return `Nothing waits for #${after}: ${reason}.`;
}

/** What was waited for is there, and the command cannot be carried out any more. */
export function notAnyMore({ by, after, command }: Wait, why: string): string {
  return `@${by}, #${after} is published, but ${code(command)} was not carried out: ${why}.`;
}

/** Waiting commands that `bot: cancel` ended. */
export function calledOff(waits: readonly Wait[]): string {
  return `Called off: ${list(waits.map(({ command, after }) => `${code(command)} after #${after}`))}.`;
}
