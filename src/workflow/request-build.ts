import type { Build } from '../domain/build.ts';
import { type Command, isLimit, type Mistake, printCommand } from '../domain/command.ts';
import { Retryable } from '../domain/errors.ts';
import { sortKnown } from '../domain/known-builds.ts';
import { planBuild } from '../domain/plan.ts';
import { besideTheStacks, touchedTargets, type Understood } from '../domain/pull-changes.ts';
import type { SoftwareChanges } from '../domain/software-changes.ts';
import { besideThePaths, brokenEasystacks, notice } from '../messages/easystack.ts';
import { notDoubled } from '../messages/known-builds.ts';
import { tooManyOfPerson } from '../messages/limits.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import type { NewBuild, PullRequest } from '../ports.ts';
import { refuseTargets } from './ask-permission.ts';
import { reply } from './post.ts';
import { readPullChanges } from './read-changes.ts';
import { markBroken } from './refuse-easystack.ts';
import type { ServedRepository, World } from './world.ts';

/** How long a new build may take to start before it gets a check, ms. */
const FIRST_CHECK_MS = 2_000;
/** When a request is tried again while another one of its pull request is being recorded, ms. */
const BUSY_MS = 300;

/** Who asked for builds, and the identity of the asking: `comment:<id>` or `label:<delivery>`. */
export interface BuildAsk {
  pull: PullRequest;
  by: string;
  source: string;
  commands: readonly Command[];
  /** Builds what is right though not all is. */
  keepGoing: boolean;
}

/** What came of asking for builds. */
export type BuildAnswer =
  /** The status comment says all there is, but for what was left out, and what is there already. */
  | { kind: 'started'; left: Mistake[]; there: string | null }
  | { kind: 'refused'; sentence: string }
  /** The words do not fit what this instance has. */
  | { kind: 'mistaken'; sentence: string }
  | { kind: 'not-meant' };

/**
 * Understands the pull request, plans the builds of a comment and records them as one request; everything else happens
 * behind the queue. Nothing is started for easystacks that are broken, nor, without `--force`, for a stack that they are
 * not for. What is there already at this commit is not made again, but for what has succeeded, with `--force`.
 */
export async function requestBuild(
  world: World,
  served: ServedRepository,
  ask: BuildAsk,
): Promise<BuildAnswer> {
  const { pull, commands } = ask;
  const { catalogue } = world;
  const understood = await readPullChanges(world, served, pull);
  const stacks = understood?.stacks ?? [];
  const refused = (sentence: string): BuildAnswer => ({ kind: 'refused', sentence });
  const plan = planBuild(commands, catalogue, touchedTargets(stacks, catalogue), ask.keepGoing);
  if (plan.kind === 'not-meant') return plan;
  if (plan.kind === 'mistakes') {
    // A limit is this instance's own: it says so also where another one speaks for all.
    const kind = plan.mistakes.some(isLimit) ? 'refused' : 'mistaken';
    return { kind, sentence: notUnderstood(plan.mistakes, catalogue) };
  }
  const targets = plan.builds.map(({ repository }) => repository);
  const denied = await refuseTargets(world, served, 'build', { repo: pull.repo, by: ask.by }, targets);
  if (denied !== null) return refused(denied);
  if (understood !== null && understood.problems.length > 0) {
    await markBroken(world, pull, understood.problems);
    return refused(brokenEasystacks(understood.problems));
  }
  const beside = besideTheStacks(plan.builds, stacks, catalogue);
  const insists = commands.some(({ flags }) => flags.includes('--force'));
  if (beside.length > 0 && !insists) {
    return refused(besideThePaths(beside, stacks, insisting(commands)));
  }
  // Two comments of the same moment: the second one finds what the first one asked for.
  const sorted = await world.records.locked(`request:${pull.repo}#${pull.number}`, async () => {
    const known = sortKnown(plan.builds, await knownBefore(world, ask), insists);
    const lines = commands.map((command) => command.source.trim());
    if (known.fresh.length === 0) return known;
    // On another pull request the same person may be asking for more just now.
    return world.records.locked(`person:${ask.by.toLowerCase()}`, async () => {
      const sentence = await beyondPerson(world, ask, known.fresh.length);
      if (sentence !== null) return { sentence };
      await recordRequest(world, ask, lines, known.fresh, understood?.software ?? null);
      return known;
    });
  });
  if (sorted === 'busy')
    throw new Retryable('builds of this pull request are being recorded', { retryAfterMs: BUSY_MS });
  if ('sentence' in sorted) return refused(sorted.sentence);
  const { fresh, built, underWay } = sorted;
  if (understood !== null) await pointOut(world, served, pull, understood);
  const there = notDoubled({
    headSha: pull.headSha,
    built,
    underWay,
    started: fresh.length,
    insist: insisting(commands),
  });
  return { kind: 'started', left: plan.left, there };
}

/** What to say where these builds and what the person asked for before are more than one person may have; null: they are not. */
async function beyondPerson(
  { records, mostBuilds }: World,
  { by, source }: BuildAsk,
  asked: number,
): Promise<string | null> {
  const waiting = await records.builds.underWayOf(by, source);
  if (waiting + asked <= mostBuilds.person) return null;
  return tooManyOfPerson({ by, asked, waiting, most: mostBuilds.person });
}

/** What to say where commands ask for more builds than one comment may; null: they do not. */
export async function tooManyBuilds(
  world: World,
  served: ServedRepository,
  { pull, commands, keepGoing }: Pick<BuildAsk, 'pull' | 'commands' | 'keepGoing'>,
): Promise<string | null> {
  const { catalogue } = world;
  const stacks = (await readPullChanges(world, served, pull))?.stacks ?? [];
  const plan = planBuild(commands, catalogue, touchedTargets(stacks, catalogue), keepGoing);
  return plan.kind === 'mistakes' && plan.mistakes.some(isLimit)
    ? notUnderstood(plan.mistakes, catalogue)
    : null;
}

/** The same commands, meant. */
function insisting(commands: readonly Command[]): string[] {
  return commands.map((command) =>
    printCommand({ ...command, flags: [...new Set([...command.flags, '--force'])] }),
  );
}

/** Builds of the head that were asked for before; a delivery that runs again does not find its own. */
async function knownBefore(world: World, { pull, source }: BuildAsk): Promise<Build[]> {
  const requests = await world.records.requests.ofPullRequest(pull.repo, pull.number);
  const own = requests.find((request) => request.source === source)?.id ?? Number.POSITIVE_INFINITY;
  const before = requests.filter(({ id, headSha }) => id < own && headSha === pull.headSha);
  return (await Promise.all(before.map(({ id }) => world.records.builds.ofRequest(id)))).flat();
}

/** Said once on a pull request, whatever is built of it later. */
async function pointOut(
  world: World,
  { chatter, speaker }: ServedRepository,
  pull: PullRequest,
  understood: Understood,
): Promise<void> {
  if (chatter === 'quiet' || !speaker) return;
  const { repo, number, baseRef } = pull;
  const body = notice(understood, baseRef);
  if (body !== null) await reply(world, { key: `notice:${repo}#${number}`, repo, number, body });
}

/** One request with its builds, and the jobs that move it on. A request that is there already is only moved on. */
async function recordRequest(
  world: World,
  ask: Omit<BuildAsk, 'commands' | 'keepGoing'>,
  commands: string[],
  planned: readonly NewBuild[],
  software: SoftwareChanges | null,
): Promise<void> {
  const { pull, by, source } = ask;
  warmSources(world, pull);
  const { request, builds, created } = await world.records.requests.create(
    {
      repo: pull.repo,
      pullRequest: pull.number,
      headSha: pull.headSha,
      baseRef: pull.baseRef,
      title: pull.title,
      author: pull.author.login,
      requestedBy: by,
      commands,
      software,
      source,
      createdAt: world.clock.now(),
    },
    planned,
  );
  await world.queue.add({ kind: 'place' });
  // The comments of older requests fold into a line each.
  for (const { id } of await world.records.requests.ofPullRequest(pull.repo, pull.number))
    await world.queue.add({ kind: 'status', requestId: id });
  // A build that starts at once, or says why it waits, is told of then; only the others need a check that says they are queued.
  for (const build of builds)
    await world.queue.add({ kind: 'check', buildId: build.id }, { delayMs: FIRST_CHECK_MS });
  if (created) {
    world.log.info(
      { request: request.id, builds: builds.length, repo: pull.repo, number: pull.number, by },
      'builds requested',
    );
  }
}

/** The sources are wanted in a moment, when the builds have their nodes; who asks then is told of any trouble. */
function warmSources({ sources, log }: World, { repo, number, baseRef, headSha }: PullRequest): void {
  sources
    .prepare({ repo, number, baseRef, headSha })
    .catch((err) => log.debug({ repo, number, err }, 'sources could not be prepared ahead'));
}
