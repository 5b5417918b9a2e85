import type { Upload } from '../domain/artifact.ts';
import type { Build } from '../domain/build.ts';
import { type Deploy, outsidersOf } from '../domain/deploy.ts';
import { type Rule, whoMay } from '../domain/permission.ts';
import { clashRemedy, clashWords } from '../domain/repository-policy.ts';
import { targetName } from '../domain/target.ts';
import { repositoryOf, shortDigest } from './deploy-line.ts';
import { code, count, list, prose, sentence } from './markdown.ts';
import { people } from './people.ts';
import { testNames } from './test-names.ts';

/** A deploy of a draft. */
export function draft(): string {
  return 'Nothing was put up for approval: this pull request is a draft. Mark it as ready for review and repeat the command; what is built stays.';
}

/** A pull request became a draft while deploys of it wait for approval; they are not the bot's to close. */
export function draftWhileWaiting(deploys: readonly Deploy[]): string {
  const where = deploys.flatMap(({ staging, state }) =>
    state.kind === 'open' ? `${staging}#${state.pullRequest}` : [],
  );
  return where.length === 1
    ? `This pull request is a draft now, but ${list(where)} still waits for approval. Whoever does not want it published closes that pull request.`
    : `This pull request is a draft now, but ${list(where)} still wait for approval. Whoever does not want them published closes those pull requests.`;
}

/** `bot: deploy` with nothing to put up; `built`: which commits there was a build of. */
export function nothingToDeploy(headSha: string, built: 'nothing' | 'older commits' | 'this commit'): string {
  const head = code(headSha.slice(0, 7));
  if (built === 'nothing')
    return 'Nothing to deploy: nothing was built here yet. `bot: build arch=…` comes first; `bot: help build` has examples.';
  if (built === 'this commit')
    return `Nothing to deploy: no build of ${head} has succeeded yet. \`bot: status\` says how they stand; what failed is built again by \`bot: retry\`.`;
  return `Nothing to deploy: ${head} was not built yet, and what was built from an older commit is not deployed. \`bot: build arch=…\` builds this one.`;
}

/** Targets named for failed tests. */
const MOST_TARGETS = 8;

/** Failed tests stop a deploy, unless somebody with the right says why they do not matter. */
export function testsStop(failed: readonly Build[]): string {
  const shown = failed.slice(0, MOST_TARGETS).flatMap(({ target, state }) => {
    if (state.kind !== 'succeeded') return [];
    return [`- ${code(targetName(target))}: ${testNames(state.tests)}`];
  });
  const more = failed.length - shown.length;
  return [
    `Nothing was put up for approval: tests failed on ${count(failed.length, 'target')}.`,
    [...shown, ...(more > 0 ? [`- and ${count(more, 'more target')}`] : [])].join('\n'),
    `Mend them and build again. If they do not matter, \`bot: deploy --despite-tests="why"\` puts the builds up; whoever approves sees the reason.`,
  ].join('\n\n');
}

/** Targets that are built, but have nothing in the store; `others`: there are some that are put up. */
export function notInStore(absent: readonly { target: string; upload: Upload }[], others: boolean): string {
  const targets = (upload: Upload) =>
    list(absent.filter((one) => one.upload === upload).map(({ target }) => code(target)));
  const reasons = [...new Set(absent.map(({ upload }) => upload))].map((upload) => {
    const one = absent.filter((other) => other.upload === upload).length === 1;
    const built = `${targets(upload)} ${one ? 'was' : 'were'} built, but`;
    switch (upload) {
      case 'none':
        return `${built} the upload policy \`none\` keeps no artifacts: whoever runs this bot can change it.`;
      case 'once':
        return `${built} not uploaded: the pull request has an artifact of ${one ? 'it' : 'each'} in the store already, and the upload policy \`once\` takes no second one. Whoever runs this bot can change it.`;
      default:
        return `${built} ${one ? 'its artifact is' : 'their artifacts are'} gone: those of another commit took their place (upload policy \`latest\`). \`bot: build arch=… --force\` makes new ones.`;
    }
  });
  return `${others ? 'Left out' : 'Nothing to deploy'}: ${reasons.join(' ')}`;
}

/** The same bytes were put up before. */
export function alreadyUp(deploy: Deploy, repository: string): string {
  const where =
    'pullRequest' in deploy.state && deploy.state.pullRequest !== null
      ? ` in ${deploy.staging}#${deploy.state.pullRequest}`
      : '';
  switch (deploy.state.kind) {
    case 'published':
      return `Nothing was put up for approval: these artifacts are published already, as revision ${deploy.state.revision.toLocaleString('en-US')} of ${code(repository)}.`;
    case 'preparing':
      return 'These artifacts are being put up for approval already; where is said here as soon as the deploy PR stands.';
    case 'open':
      return `These artifacts wait for approval already${where}.`;
    default:
      return `These artifacts are being published already${where}.`;
  }
}

/** The deploy PR stands. */
export function putUp(
  deploy: Deploy,
  pullRequest: number,
  { approvers, needed }: Pick<ApprovalCount, 'approvers' | 'needed'>,
): string {
  const how = needed === 1 ? 'It can be approved by' : `It takes ${needed} approvals from`;
  return `Put up for approval: ${deploy.staging}#${pullRequest} shows ${count(deploy.artifacts.length, 'tarball')} for ${code(repositoryOf(deploy))} (digest ${code(shortDigest(deploy.digest))}). ${how} ${prose(approvers)}, but ${outsidersOf(
    deploy,
  )
    .map((login) => `not by @${login}`)
    .join(' and ')}.`;
}

/** `bot: drop` where nothing waits for approval, or nothing of it is meant. */
export function nothingToDrop(): string {
  return 'Nothing to drop: no deploy of this pull request waits for approval. What is approved is being published already; what is published is taken back by `bot: rollback`.';
}

/** `bot: drop` without a filter. */
export function dropWhat(): string {
  return 'Nothing was dropped: say which targets, as in `bot: drop arch=zen2`. Closing the deploy PR rejects all of it.';
}

/** `bot: drop` that names all there is. */
export function nothingLeft(): string {
  return 'Nothing was dropped: nothing would be left of the deploy. Closing the deploy PR rejects all of it.';
}

/** `bot: drop`: what is left is put up anew. */
export function dropped(deploys: readonly Deploy[]): string {
  const left = deploys.map(
    (deploy) =>
      `${count(deploy.artifacts.length, 'tarball')} for ${code(repositoryOf(deploy))} (digest ${code(shortDigest(deploy.digest))})`,
  );
  return `Dropped. What is left, ${list(left)}, is put up in a deploy PR of its own, which takes the place of the one before: **approvals given there do not count for it**. The next \`bot: deploy\` takes all targets again.`;
}

/** The deploy PR could not be made, or was not for what the repository has already. */
export function notPutUp(deploy: Deploy, reason: string): string {
  const clashes = deploy.differences?.clashes ?? [];
  if (clashes.length === 0) {
    return `The artifacts could not be put up for approval: ${sentence(reason)}. Nothing was lost; \`bot: deploy\` tries it again once that is mended.`;
  }
  const lines = clashes.map((clash) => `- ${sentence(clashWords(clash))}. ${sentence(clashRemedy(clash))}.`);
  return [
    `**Nothing was put up for approval**: ${count(deploy.artifacts.length, 'tarball')} ${deploy.artifacts.length === 1 ? 'does' : 'do'} not fit what ${code(repositoryOf(deploy))} has already.`,
    lines.join('\n'),
  ].join('\n\n');
}

/** What it takes to put a deploy up does not answer; `reason` is ours, with names in it. */
export function puttingUpWaits(deploy: Deploy, reason: string): string {
  return `**Not put up for approval yet**, ${count(deploy.artifacts.length, 'tarball')} for ${code(repositoryOf(deploy))}: ${sentence(reason)}. Stratobot tries it again each minute for a day; nobody has to ask again.`;
}

/** The bytes in the artifact store are not what was collected, which is seen before anybody is asked to approve them. */
export function notWhatWasCollected(sentences: readonly string[]): string {
  const lines = sentences.slice(0, 10).map((text) => `- ${sentence(text)}.`);
  return [
    '**Nothing was put up for approval.** What is in the artifact store is not what was collected:',
    lines.join('\n'),
    'An administrator has to look at the artifact store before this is tried again.',
  ].join('\n\n');
}

/** Publishing waits for somebody else, for longer than they should take; `reason` is ours, with names in it. */
export function publishingWaits(deploy: Deploy, reason: string): string {
  return `**Publishing into ${code(repositoryOf(deploy))} waits**: ${sentence(reason)}. Stratobot tries again by itself until it works; nothing has to be approved anew.`;
}

/** After publishing, on the software pull request. */
export function published(deploy: Deploy, modules: readonly string[], versions: readonly string[]): string {
  if (deploy.state.kind !== 'published') throw new TypeError('only a published deploy is announced');
  const { revision, files, approvals, path } = deploy.state;
  const first = modules[0];
  const load =
    first === undefined ? '' : ` ${code(`module load ${first}`)} works from now on with ${list(versions)}.`;
  return `**Published** as revision ${revision.toLocaleString('en-US')} of ${code(repositoryOf(deploy))}, approved by ${people(approvals)}: ${count(files, 'file')} from ${count(deploy.artifacts.length, 'tarball')}, below ${code(path)}.${load}`;
}

/** A check that is to run again once the software is there, and cannot. */
export function notRunAgain(name: string, headSha: string): string {
  return `The check ${code(name)} could not be run again now that the software is there: GitHub Actions has no such job for ${code(headSha.slice(0, 7))}, it still runs, or Stratobot may not start it. Somebody who can write here can start it by hand.`;
}

/** After publishing, on the deploy PR. */
export function ingested(deploy: Deploy): string {
  if (deploy.state.kind !== 'published') throw new TypeError('only a published deploy is announced');
  return `Ingested as revision ${deploy.state.revision.toLocaleString('en-US')} of ${code(repositoryOf(deploy))}.`;
}

/** How many approvals a deploy has, and whose are still to come. */
export interface ApprovalCount {
  given: number;
  needed: number;
  /** Who may approve, in words, from whoMay(). */
  approvers: string;
}

export function approvalCount(rules: readonly Rule[], given: number, needed: number): ApprovalCount {
  return { given, needed, approvers: whoMay(rules) };
}

/** An approving review was counted. */
export function approvalCounted(deploy: Deploy, reviewer: string, approvals: ApprovalCount): string {
  const digest = code(shortDigest(deploy.digest));
  if (approvals.given >= approvals.needed) {
    const all = approvals.needed === 1 ? '' : `, the last of ${approvals.needed} approvals it takes`;
    return `@${reviewer} approved ${digest}${all}. These bytes are merged and ingested now.`;
  }
  return `@${reviewer} approved ${digest}: **${tally(approvals)}**. ${missing(deploy, approvals)}`;
}

/** An approval that counted was dismissed, or its author asks for changes now. */
export function approvalWithdrawn(deploy: Deploy, reviewer: string, approvals: ApprovalCount): string {
  return `The approval of @${reviewer} is taken back: **${tally(approvals)}**. ${missing(deploy, approvals)}`;
}

function tally({ given, needed }: ApprovalCount): string {
  return `${given} of ${count(needed, 'approval')}`;
}

function missing(deploy: Deploy, { given, needed, approvers }: ApprovalCount): string {
  const more = needed - given;
  return `${count(more, 'more approval')} must come from ${prose(approvers)}, but not from ${outsiders(deploy)}.`;
}

/** `@jo or @maria`: who asked for it, and who wrote it. */
function outsiders(deploy: Deploy): string {
  return outsidersOf(deploy)
    .map((login) => `@${login}`)
    .join(' or ');
}

/** A review that does not count; `sentence` is ours, with names in it. */
export function approvalRefused(reviewer: string, sentence: string): string {
  return `@${reviewer}, thank you for looking. This approval does not count: ${prose(sentence)}`;
}

/** The deploy PR was closed, or merged by hand. */
export function rejected(deploy: Deploy, pullRequest: number, by: string, byHand: boolean): string {
  const where = `${deploy.staging}#${pullRequest}`;
  return byHand
    ? `@${by} merged ${where} by hand, without an approval that counts. **Nothing was published.** ${again(deploy)}`
    : `@${by} closed ${where}, which rejects this deploy of ${count(deploy.artifacts.length, 'tarball')}. Nothing was published. ${again(deploy)}`;
}

/** On a deploy PR that is closed because a newer one shows newer builds. */
export function superseded(deploy: Deploy, newest: Deploy): string {
  const where = newest.state.kind === 'open' ? `, ${newest.staging}#${newest.state.pullRequest},` : '';
  return `A newer deploy of ${deploy.repo}#${deploy.pullRequest}${where} takes the place of this one. Nothing is published from here.`;
}

/** The spooled bytes are not what was approved, or break the policy. */
export function ingestRefused(sentences: readonly string[]): string {
  const lines = sentences.slice(0, 10).map((text) => `- ${sentence(text)}.`);
  return [
    `**Nothing was published.** What was fetched for ingest is not what was approved:`,
    lines.join('\n'),
    'An administrator has to look at the artifact store before this is tried again.',
  ].join('\n\n');
}

/** A deploy that was approved ended without a revision. */
export function ingestFailed(deploy: Deploy, reason: string): string {
  return `**Nothing was published**: ${sentence(reason)}. ${again(deploy)}`;
}

/** Title of the issue about a deploy that failed. */
export function failedTitle(deploy: Deploy): string {
  return `Deploy ${deploy.id} of ${deploy.repo}#${deploy.pullRequest} was not published`;
}

/** Body of that issue: the cause in words, and where the rest stands. */
export function failedIssue(deploy: Deploy, pullRequest: number | null, cause: string): string {
  const bytes = `${count(deploy.artifacts.length, 'tarball')} for ${code(repositoryOf(deploy))}, digest ${code(shortDigest(deploy.digest))}`;
  const shown = pullRequest === null ? 'it has no deploy PR' : `its deploy PR is #${pullRequest}`;
  return `${cause}\n\nThis is about a deploy of ${bytes}; ${shown}. Close this issue when it is settled.`;
}

/** Title of the issue about a deploy PR that somebody merged. */
export function mergedByHandTitle(deploy: Deploy, pullRequest: number): string {
  return `Deploy PR #${pullRequest} of ${deploy.repo}#${deploy.pullRequest} was merged by hand: nothing was published`;
}

/** Body of that issue. */
export function mergedByHandIssue(deploy: Deploy, pullRequest: number, by: string): string {
  return [
    `@${by} merged #${pullRequest} before it had the approvals it takes. **Nothing of it was published in ${code(repositoryOf(deploy))}**, and its record was moved to \`rejected/\`: only an approving review counts, and the bot merges then.`,
    `If it should be published: ${again(deploy)} A branch rule that lets only the bot merge here keeps this from happening again.`,
  ].join('\n\n');
}

function again(deploy: Deploy): string {
  return `\`bot: deploy\` on ${deploy.repo}#${deploy.pullRequest} puts the same builds up again.`;
}
