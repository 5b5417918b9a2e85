import type { Command } from '../domain/command.ts';
import { planBuild } from '../domain/plan.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import type { NewBuild, PullRequest } from '../ports.ts';
import type { World } from './world.ts';

/** Who asked for builds, and the identity of the asking: `comment:<id>` or `label:<delivery>`. */
export interface BuildAsk {
  pull: PullRequest;
  by: string;
  source: string;
  commands: readonly Command[];
}

/**
 * Plans the builds of a comment and records them as one request; everything else happens behind the queue.
 * @returns what is wrong with the commands, or null when the builds are on their way
 */
export async function requestBuild(world: World, ask: BuildAsk): Promise<string | null> {
  const plan = planBuild(ask.commands, world.catalogue);
  if (plan.kind === 'not-meant') return null;
  if (plan.kind === 'mistakes') return notUnderstood(plan.mistakes, world.catalogue);
  await recordRequest(
    world,
    ask,
    ask.commands.map((command) => command.source.trim()),
    plan.builds,
  );
  return null;
}

/** One request with its builds, and the jobs that move it on. A request that is there already is only moved on. */
async function recordRequest(
  world: World,
  ask: Omit<BuildAsk, 'commands'>,
  commands: string[],
  planned: readonly NewBuild[],
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
      source,
      createdAt: world.clock.now(),
    },
    planned,
  );
  for (const build of builds) await world.queue.add({ kind: 'build', buildId: build.id });
  await world.queue.add({ kind: 'status', requestId: request.id });
  for (const build of builds) await world.queue.add({ kind: 'check', buildId: build.id });
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
