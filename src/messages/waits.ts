import {
  AFTER_TIMEOUT_MS,
  type NeverReason,
  type Prospect,
  type SetBack,
  type Wait,
} from '../domain/wait.ts';
import { code, date, list } from './markdown.ts';

const DAYS = AFTER_TIMEOUT_MS / (24 * 60 * 60_000);

/** The command waits. */
export function waitsFor(after: number, headSha: string): string {
  return `This waits for #${after} to be merged and published, ${DAYS} days at most, and is for ${code(headSha.slice(0, 7))} as it is now. \`bot: cancel\` calls it off.`;
}

/** A pull request cannot wait for itself, or for one that waits for it. */
export function circular(way: readonly number[]): string {
  if (way.length < 2) return 'A pull request cannot wait for itself, so nothing was started.';
  return `Nothing was started: ${list(way.map((number) => `#${number}`))} would wait for each other.`;
}

const NEVER: Readonly<Record<NeverReason, string>> = {
  unknown: 'there is no such pull request here',
  closed: 'it was closed without being merged',
  'not-deployed': 'it is merged, and no deploy of it is under way',
  rejected: 'it is merged, and its deploy was rejected',
  failed: 'it is merged, and its deploy failed',
  'rolled-back': 'it is merged, and what was published of it was taken back',
};

/** What is to be waited for will not come. */
export function neverComes({ after, command }: Pick<Wait, 'after' | 'command'>, why: NeverReason): string {
  return `Nothing waits for #${after}: ${NEVER[why]}. ${withoutIt(after, command)}`;
}

/** What was waited for will not come any more. */
export function noLongerComes(wait: Wait, why: NeverReason): string {
  return `${ended(wait, NEVER[why])} ${withoutIt(wait.after, wait.command)}`;
}

/** The month is over. */
export function waitedTooLong(wait: Wait): string {
  return ended(wait, `it has waited for ${DAYS} days, the most there is. Ask again if it is still wanted`);
}

/** The pull request the command is for is not what it was. */
export function overtaken(wait: Wait, by: 'gone' | 'closed' | 'merged' | { headSha: string }): string {
  if (by === 'gone') return ended(wait, 'this pull request cannot be read any more');
  if (by === 'closed') return ended(wait, 'this pull request was closed. Reopen it and ask again');
  if (by === 'merged') return ended(wait, 'this pull request was merged');
  const head = code(by.headSha.slice(0, 7));
  return ended(
    wait,
    `the branch moved to ${head} since it was written. Look at the new commit and ask again`,
  );
}

function ended({ by, after, command }: Wait, why: string): string {
  return `@${by}, ${code(command)} does not wait for #${after} any more: ${why}.`;
}

function withoutIt(after: number, command: string): string {
  return `To have it without #${after}, write ${code(command)}.`;
}

const SET_BACK: Readonly<Record<SetBack['why'], string>> = {
  rejected: 'the deploy of #N was rejected',
  failed: 'the deploy of #N failed',
  'rolled-back': 'what was published of #N was taken back',
};

/** A deploy of what is waited for came to nothing, and there may be another one. */
export function waitsOn({ by, after, command, askedAt }: Wait, why: SetBack['why']): string {
  const what = SET_BACK[why].replace('#N', `#${after}`);
  return `@${by}, ${what}. ${code(command)} waits on for another deploy of it, until ${date(askedAt + AFTER_TIMEOUT_MS)} at most; \`bot: cancel\` calls it off.`;
}

/** What was waited for is there, and the command cannot be carried out any more. */
export function notAnyMore({ by, after, command }: Wait, why: string): string {
  return `@${by}, #${after} is published, but ${code(command)} was not carried out: ${why}.`;
}

/** Waiting commands that `bot: cancel` ended. */
export function calledOff(waits: readonly Wait[]): string {
  return `Called off: ${list(waits.map(({ command, after }) => `${code(command)} after #${after}`))}.`;
}

/** A waiting command in one line, as `bot: status` shows it. */
export function waitLine({ by, after, command, headSha, askedAt }: Wait, stands: Prospect): string {
  const what = `🕓 ${code(command)} for ${code(headSha.slice(0, 7))}, asked for by @${by}`;
  const until = date(askedAt + AFTER_TIMEOUT_MS);
  return `${what}, waits for #${after} until ${until} at most: ${standing(stands)}.`;
}

function standing(stands: Prospect): string {
  if (stands.kind === 'never') return NEVER[stands.why];
  if (stands.kind === 'ready') return 'it is merged and published';
  const { merged, published, deploy } = stands;
  const pull = merged ? 'it is merged' : 'it is not merged yet';
  if (deploy === null)
    return published ? `it is published, and not merged yet` : `${pull}, and has no deploy`;
  const { kind } = deploy.state;
  const waits = kind === 'preparing' || kind === 'open';
  return `${pull}, and its deploy ${waits ? 'waits for approval' : 'is being published'}`;
}
