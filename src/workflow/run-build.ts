import {
  type Build,
  type BuildEvent,
  type BuildState,
  isFinal,
  type JobHandle,
  nextBuildState,
} from '../domain/build.ts';
import { Permanent, Retryable, UserFacing } from '../domain/errors.ts';
import { type Failure, plainFailure } from '../domain/failure.ts';
import { goesElsewhere, START_FAILED } from '../domain/placement.ts';
import type { BuildRequest } from '../domain/request.ts';
import { collectBuild } from './collect-build.ts';
import { dropUploads } from './drop-uploads.ts';
import { commentOf } from './metadata.ts';
import { neverEnded, nodeGone, overdue, unlessGone } from './patience.ts';
import { inLine, placementState, slotsOf } from './placement-state.ts';
import { repeatIfAdvised } from './repeat-build.ts';
import { repositoryTarget, type World } from './world.ts';

/** How long a build waits for a node or repository that cannot be reached before it fails, ms. With another node free it waits less. */
const START_PATIENCE_MS = 15 * 60_000;

/**
 * Moves a build on, as far as it goes by itself. Every state is picked up again after a crash, because what was done
 * outside finds its own trace: the job directory by the build's id, the artifact by its key.
 */
export async function advanceBuild(world: World, buildId: number): Promise<void> {
  const result = await world.records.locked(`build:${buildId}`, () => advance(world, buildId));
  if (result === 'busy') await world.queue.add({ kind: 'build', buildId }, { delayMs: 1_000 });
}

/** What a build brought can take the place of what was there once it succeeded: a moment ago, by this bot's clock. */
const JUST_MOVED_MS = 60_000;

/** More moves than any build makes in one go; a guard against turning in a circle. */
const MOST_STEPS = 10;

async function advance(world: World, buildId: number): Promise<void> {
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const build = await world.records.builds.get(buildId);
    const request = build && (await world.records.requests.get(build.requestId));
    if (!build || !request) return;
    const event = await step(world, build, request);
    if (event === 'waits') return;
    const moved = await move(world, build, event);
    if (moved && isFinal(moved.state)) {
      await repeatIfAdvised(world, moved);
      await world.queue.add({ kind: 'place' });
      if (moved.state.kind === 'succeeded') await dropUploads(world, world.clock.now() - JUST_MOVED_MS);
      return;
    }
  }
  world.log.error({ build: buildId }, 'build turns in a circle');
}

/** Does what the state of a build asks for: gives the event that follows, or says that it now waits. */
async function step(world: World, build: Build, request: BuildRequest): Promise<BuildEvent | 'waits'> {
  switch (build.state.kind) {
    case 'queued':
      await world.queue.add({ kind: 'place' });
      return 'waits';
    case 'starting':
      return start(world, build, request, build.state.node, build.state.since);
    case 'running':
      return run(world, build, build.state);
    case 'cancelling': {
      const { at, node } = build.state;
      return unlessGone(
        world,
        at,
        () => stop(world, build.id, node),
        () => ({ kind: 'job-stopped' }),
      );
    }
    case 'collecting': {
      const { endedAt, handle } = build.state;
      const collecting = build.state;
      return unlessGone(
        world,
        endedAt,
        () => collectBuild(world, build, request, collecting),
        () => ({ kind: 'failed', failure: nodeGone(handle.node) }),
      );
    }
    case 'failed':
      await repeatIfAdvised(world, build);
      return 'waits';
    default:
      return 'waits';
  }
}

async function stop(world: World, buildId: number, node: string): Promise<BuildEvent> {
  if (await world.builders.stop(buildId, node)) return { kind: 'job-stopped' };
  throw new Retryable(`the job of build ${buildId} is still running after it was stopped`);
}

/** Writes the next state, if the event still means something; then tells the comment and the check. */
export async function move(world: World, build: Build, event: BuildEvent): Promise<Build | null> {
  const next = nextBuildState(build.state, event, world.clock.now());
  if ('refused' in next) {
    world.log.info({ build: build.id, event: event.kind, why: next.refused }, 'build event without effect');
    return null;
  }
  const placement = event.kind === 'node-chosen' ? { ...event.placement, at: world.clock.now() } : null;
  const moved = await world.records.builds.move(build.id, build.state.kind, next, placement);
  if (moved === null) return null;
  world.log.info(
    { build: build.id, from: build.state.kind, to: next.kind, request: build.requestId },
    'build moved',
  );
  await announce(world, moved);
  return moved;
}

/** States between two effects last milliseconds: nobody wants to read them. */
const QUIET: ReadonlySet<BuildState['kind']> = new Set(['starting', 'collecting']);

async function announce(world: World, build: Build): Promise<void> {
  if (QUIET.has(build.state.kind)) return;
  await world.queue.add({ kind: 'status', requestId: build.requestId });
  await world.queue.add({ kind: 'check', buildId: build.id });
}

async function start(
  world: World,
  build: Build,
  request: BuildRequest,
  node: string,
  since: number,
): Promise<BuildEvent> {
  const repository = repositoryTarget(world, build.repository);
  if (!repository)
    return failed('configuration', `the repository target ${build.repository} is no longer configured here`);
  const waitedMs = world.clock.now() - since;
  const { repo, pullRequest, baseRef, headSha } = request;
  const pull = { repo, number: pullRequest };
  const result = await world.sources
    .prepare({ ...pull, baseRef, headSha })
    .catch((error) => giveUp(world, build, error, sourceFailure(error, waitedMs)));
  if (result.kind === 'failed') return result;
  if (result.kind === 'gone') return failed('source-gone', result.detail);
  if (result.kind === 'conflict') return failed('conflict', conflictSentence(baseRef, result.files));
  try {
    const handle = await world.builders.start({
      build,
      node,
      repository,
      target: build.target,
      pull: { ...pull, commentId: commentOf(request) },
      source: result.source,
    });
    return { kind: 'job-started', handle };
  } catch (error) {
    if (error instanceof Retryable && (await anotherTakesIt(world, build, node, waitedMs))) {
      world.log.warn({ build: build.id, node, err: error }, 'build goes to another node');
      return { kind: 'given-back' };
    }
    return giveUp(world, build, error, startFailure(error, node, waitedMs));
  }
}

/** A step that cannot succeed any more ends the build with a reason; one that may succeed later is tried again. */
function giveUp(
  world: World,
  build: Build,
  error: unknown,
  failure: Failure | null,
): Extract<BuildEvent, { kind: 'failed' }> {
  if (failure === null) throw error;
  world.log.warn({ build: build.id, err: error }, 'build could not be started');
  return { kind: 'failed', failure };
}

async function anotherTakesIt(world: World, build: Build, node: string, silentMs: number): Promise<boolean> {
  const underWay = await world.records.builds.underWay();
  const pull = underWay.find((one) => one.build.id === build.id)?.pull;
  if (pull === undefined) return false;
  const placed = slotsOf(underWay.filter((one) => one.build.id !== build.id));
  const state = { ...(await placementState(world)), placed };
  return goesElsewhere(state, inLine(build, pull), node, silentMs);
}

function conflictSentence(baseRef: string, files: readonly string[]): string {
  const shown = files.slice(0, 10).map((file) => `\`${file.replaceAll('`', "'")}\``);
  const rest = files.length > shown.length ? ` and ${files.length - shown.length} more` : '';
  return `the pull request does not merge into \`${baseRef}\`: conflict in ${shown.join(', ')}${rest}. Resolve it, push, and ask for the build again`;
}

function startFailure(error: unknown, node: string, waitedMs: number): Failure | null {
  if (error instanceof UserFacing) return plainFailure('configuration', 'refused', error.message);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Permanent) {
    return plainFailure(
      'configuration',
      START_FAILED,
      `the job could not be started on \`${node}\`: ${detail}`,
    );
  }
  if (error instanceof Retryable && waitedMs > START_PATIENCE_MS) {
    return plainFailure(
      'infrastructure',
      'unreachable',
      `\`${node}\` could not be reached for 15 min: ${detail}`,
    );
  }
  return null;
}

/** Says nothing against the node: it was not asked yet. */
function sourceFailure(error: unknown, waitedMs: number): Failure | null {
  if (error instanceof UserFacing) return plainFailure('configuration', 'refused', error.message);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Permanent)
    return plainFailure('configuration', 'source-failed', `the pull request could not be fetched: ${detail}`);
  if (error instanceof Retryable && waitedMs > START_PATIENCE_MS)
    return plainFailure(
      'download',
      'source-failed',
      `the pull request could not be fetched for 15 min: ${detail}`,
    );
  return null;
}

function failed(code: string, sentence: string): BuildEvent {
  return { kind: 'failed', failure: plainFailure('configuration', code, sentence) };
}

/** Follows a job to its end, unless it is time to give it up. */
async function run(
  world: World,
  build: Build,
  { handle, startedAt }: Extract<BuildState, { kind: 'running' }>,
): Promise<BuildEvent | 'waits'> {
  const { node } = handle;
  const refused = await follow(world, build.id, handle);
  const late = overdue(world, build.placement?.pool ?? '', startedAt, world.builders.seen(build.id));
  if (late?.why === 'silent') return { kind: 'failed', failure: nodeGone(node) };
  if (late?.why === 'endless') {
    const failed: BuildEvent = { kind: 'failed', failure: neverEnded(node) };
    return unlessGone(
      world,
      late.since,
      () => stop(world, build.id, node).then(() => failed),
      () => failed,
    );
  }
  if (refused !== null) throw refused;
  return 'waits';
}

/** @returns why the job cannot be followed: its node is no longer in the configuration */
async function follow(world: World, buildId: number, handle: JobHandle): Promise<Permanent | null> {
  const logOffset = await world.logs.size(buildId);
  try {
    world.builders.follow({ buildId, handle, logOffset });
    return null;
  } catch (error) {
    if (error instanceof Permanent) return error;
    throw error;
  }
}
