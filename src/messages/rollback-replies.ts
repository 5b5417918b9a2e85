import type { Deploy } from '../domain/deploy.ts';
import { type Rollback, rollbackName } from '../domain/rollback.ts';
import { code, list, prose, sentence } from './markdown.ts';
import { former } from './reach.ts';

/** `bot: rollback` where nothing of the pull request is published. */
export function nothingToTakeBack(deploys: readonly Deploy[]): string {
  return deploys.some(({ state }) => state.kind === 'rolled-back')
    ? 'Nothing to take back: what was published from here is taken back already.'
    : 'Nothing to take back: nothing was published from this pull request.';
}

/** Deploys of other pull requests are on top of it. */
export function otherOnTop(repository: string, revision: number, later: readonly Deploy[]): string {
  const names = later.map(({ repo, pullRequest, state }) =>
    state.kind === 'published'
      ? `revision ${number(state.revision)} by ${repo}#${pullRequest}`
      : `${repo}#${pullRequest}`,
  );
  return `Nothing was taken back: revision ${number(revision)} of ${code(repository)} is not the newest any more. Going back would also remove ${list(names)}; that has to be taken back first.`;
}

/** The publisher sees no way back; `reason` is ours, with names in it. */
export function noWayBack(repository: string, reason: string): string {
  return `Nothing was taken back in ${code(repository)}: ${sentence(reason)}.`;
}

/** Somebody asked; the second person is told what to write. */
export function askedToTakeBack(rollback: Rollback, approvers: string): string {
  const { from, to, repository, requestedBy } = rollback;
  return `This takes back revision ${number(from)} of ${code(repository)}: the next revision would have ${former(to)}. **A second person confirms it** within 24 hours, out of ${prose(approvers)} and not @${requestedBy}, by writing here:\n\n${code(`bot: rollback confirm=${rollbackName(rollback)}`)}`;
}

/** It was asked for before. */
export function underWay(rollback: Rollback): string {
  return rollback.state.kind === 'asked'
    ? `@${rollback.requestedBy} has asked for this already; it waits for a second person to write ${code(`bot: rollback confirm=${rollbackName(rollback)}`)}.`
    : `Revision ${number(rollback.from)} of ${code(rollback.repository)} is being taken back already.`;
}

/** A confirmation that fits nothing that waits. */
export function nothingToConfirm(name: string, waiting: readonly Rollback[]): string {
  const there =
    waiting.length === 0
      ? `Nothing waits to be confirmed here; ${code('bot: rollback')} asks for it anew.`
      : `What waits is confirmed by ${list(waiting.map((one) => code(`bot: rollback confirm=${rollbackName(one)}`)))}.`;
  return `Nothing was taken back: ${code(name)} was not asked for, or more than 24 hours ago. ${there}`;
}

/** The second pair of eyes is the first. */
export function sameTwoEyes(rollback: Rollback, approvers: string): string {
  return `Nothing was taken back: @${rollback.requestedBy} asked for it, so somebody else confirms it, out of ${prose(approvers)}.`;
}

/** A confirmation that counts. */
export function confirmed({ from, repository, requestedBy }: Rollback, by: string): string {
  return `@${by} confirmed what @${requestedBy} asked for. Revision ${number(from)} of ${code(repository)} is being taken back.`;
}

/** It is done; on the software pull request and on the deploy PR. */
export function takenBack(
  repository: string,
  state: Extract<Deploy['state'], { kind: 'rolled-back' }>,
): string {
  return `**Taken back**: revision ${number(state.revision)} of ${code(repository)} has ${former(state.to)}. Asked for by @${state.requestedBy}, confirmed by @${state.confirmedBy}. ${code('bot: deploy')} puts the same builds up again.`;
}

/** It could not be done; `reason` is ours, with names in it. */
export function notTakenBack({ from, repository }: Rollback, reason: string): string {
  return `**Nothing was taken back**; revision ${number(from)} of ${code(repository)} stays: ${sentence(reason)}. ${code('bot: rollback')} asks for it again once that is mended.`;
}

function number(revision: number): string {
  return revision.toLocaleString('en-US');
}
