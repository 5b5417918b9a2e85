import type { Build } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import { targetName } from '../domain/target.ts';
import { deployLine } from './deploy-line.ts';
import { clockTime, code, count, list } from './markdown.ts';
import { headline, soFar } from './status-words.ts';

/** A command on an issue, where there is nothing to build. */
export function notAPullRequest(): string {
  return 'Nothing was started: this is an issue, and commands are for pull requests. Write it there.';
}

/** A comment was changed, and now holds a command that it did not hold before. */
export function editedCommand(login: string): string {
  return `@${login}, this edit started nothing: commands are read from new comments only. Write the command in a new comment.`;
}

/** GitHub does not show the pull request of a command. */
export function unreadablePullRequest(): string {
  return 'Nothing was started: GitHub does not show this pull request to the bot. Ask again; if that stays so, whoever administers this repository can look what the App may read.';
}

/** A command on a pull request that is closed or merged. */
export function closedPullRequest(merged: boolean): string {
  if (merged)
    return 'This pull request is merged, so nothing was started. What is to be built now goes into a new pull request.';
  return 'This pull request is closed, so nothing was started. Reopen it and repeat the command.';
}

/**
 * The head moved between the command and its arrival.
 * @param known false where nobody knows since when this is the head
 * @param asked how the command came
 */
export function headMoved(headSha: string, known: boolean, asked = 'the command was written'): string {
  const head = code(headSha.slice(0, 7));
  return known
    ? `Nothing was started: the branch moved to ${head} after ${asked}, or in the same second. Look at the new commit and ask again.`
    : `Nothing was started: it is not certain that ${head} was the head when ${asked}. Look at it and ask again.`;
}

/** A command that reached the bot a day or more after it was given. */
export function tooLate(asked = 'the command was written'): string {
  return `Nothing was done: ${asked} more than 24 hours ago, and the bot could not act on it until now. Ask again if it is still wanted.`;
}

/** A request as `bot: status` shows it. */
interface StatusRow {
  headSha: string;
  isHead: boolean;
  builds: readonly Build[];
  /** How long builds like those that run usually take, by id, ms. */
  usualMs: ReadonlyMap<number, number>;
  commentUrl: string | null;
}

/** Builds that run of which it is said how far they are. */
const MOST_RUNNING = 20;

/**
 * `bot: status`: one line a request, newest first, then one for each deploy, and one for what waits.
 * @param now unix ms
 */
export function status(
  rows: readonly StatusRow[],
  deploys: readonly Deploy[],
  waits: readonly string[],
  now: number,
): string {
  if (rows.length === 0 && waits.length === 0)
    return 'Nothing was built here yet. `bot: help build` has examples.';
  const lines = rows.flatMap(({ headSha, isHead, builds, usualMs, commentUrl }) => {
    const text = `Build of ${code(headSha.slice(0, 7))}${isHead ? '' : ' (an older commit)'}: ${headline(builds)}`;
    const running = builds.flatMap((build) => {
      const far = soFar(build, now, usualMs.get(build.id));
      return far === '' ? [] : [`  - ⏳ ${code(targetName(build.target))}: ${far}`];
    });
    const more = running.length - MOST_RUNNING;
    return [
      `- ${text}${commentUrl ? ` ([details](${commentUrl}))` : ''}`,
      ...running.slice(0, MOST_RUNNING),
      ...(more > 0 ? [`  - … and ${more} more`] : []),
    ];
  });
  const below = [...deploys.map((deploy) => deployLine(deploy)), ...waits].map((line) => `- ${line}`);
  return [...lines, ...below].join('\n');
}

/** `bot: ping`. */
export function pong(instance: string): string {
  return `${code(instance)} is here.`;
}

/** `bot: retry` found nothing. */
export function nothingToRetry(why: string): string {
  return `Nothing to retry: ${why}.`;
}

/** Somebody pressed "Re-run" on a check of a commit that is no longer the head. */
export function oldCheck(login: string, checked: string, head: string): string {
  return `@${login}, that check is of an older commit, ${code(checked.slice(0, 7))}, so nothing was started. The branch is now at ${code(head.slice(0, 7))}; \`bot: build arch=…\` builds it.`;
}

/** Targets that are named in one sentence. */
const MOST_NAMES = 12;

function targets(builds: readonly Build[]): string {
  const names = builds.slice(0, MOST_NAMES).map(({ target }) => code(targetName(target)));
  const more = builds.length - names.length;
  return list(more > 0 ? [...names, `${more} more`] : names);
}

/** What `bot: retry` did. */
export function retried(builds: readonly Build[]): string {
  return `Building again: ${targets(builds)}.`;
}

/** What `bot: cancel` did. */
export function cancelled(builds: readonly Build[]): string {
  if (builds.length === 0) return 'Nothing is running here, so nothing was cancelled.';
  return `Cancelling ${count(builds.length, 'build')}: ${targets(builds)}.`;
}

/** What `bot: priority` did. */
export function prioritised(builds: readonly Build[]): string {
  if (builds.length === 0) return 'No build waits here, so none was given priority.';
  const names = targets(builds);
  const turn = builds.length === 1 ? 'It gets its' : 'They get their';
  return `Priority for ${count(builds.length, 'waiting build')}: ${names}. ${turn} turn up to 4 hours sooner.`;
}

/** A command that others have failed for minutes; it is tried again until then, unix ms. */
export function notYet(login: string, detail: string, until: number): string {
  return `What @${login} asked for is not carried out yet: ${code(detail, 300)}. It is tried again until ${clockTime(until)}; nobody has to ask again.`;
}

/** A command that could not be carried out for a reason that is not its author's. */
export function trouble(detail: string): string {
  return `The command was understood, but could not be carried out: ${code(detail, 300)}. An administrator can see more in the log; repeat the command when it is mended.`;
}
