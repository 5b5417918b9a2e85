import type { Deploy } from '../domain/deploy.ts';
import { Retryable } from '../domain/errors.ts';
import { afterLook, type MirrorWatch, type StratumLook } from '../domain/publication.ts';
import type { Strata } from '../ports.ts';
import { labelDeployed, rerunChecks } from './follow-up.ts';
import { reportDeployed } from './report-deployed.ts';
import { refreshStatus } from './tell-deploy.ts';
import type { World } from './world.ts';

/** A revision to be followed: a deploy's own, or the one that took it back. */
type Published = Deploy & { state: Extract<Deploy['state'], { kind: 'published' | 'rolled-back' }> };

/** How long until a look is tried again that another process was at, ms. */
const BUSY_MS = 1_000;

/**
 * The step behind the queue after publishing: looks which Stratum 1 servers have the revision, says so where people look,
 * and comes back when the next look is due. Without servers it is done at once.
 */
export async function watchPublication(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`watch:${deployId}`, () => watch(world, deployId));
  const delayMs = result === 'busy' ? BUSY_MS : result;
  if (delayMs !== null) await world.queue.add({ kind: 'watch', deployId }, { delayMs });
}

/** @returns ms until the next look, null when there is none */
async function watch(world: World, deployId: number): Promise<number | null> {
  const deploy = await world.records.deploys.get(deployId);
  if (deploy?.state.kind !== 'published' && deploy?.state.kind !== 'rolled-back') return null;
  const published = { ...deploy, state: deploy.state };
  const takenBack = deploy.state.kind === 'rolled-back';
  if (!takenBack) await labelDeployed(world, deploy);
  const strata = world.strata.get(repositoryOf(published));
  const before = await begun(world, published, strata);
  const after = await Promise.all(before.map((one) => look(world, published, strata, one)));
  if (after.some((one, index) => isNews(one, before[index]))) await refreshStatus(world, deploy);
  await reportDeployed(world, deploy, after);
  if (!takenBack && after.every(({ state }) => state !== 'watching')) await rerunChecks(world, published);
  const next = after.flatMap(({ nextLookAt }) => nextLookAt ?? []);
  return next.length === 0 ? null : Math.max(0, Math.min(...next) - world.clock.now());
}

/** The rows of this publication, made when it is first looked at: a configuration that changes later changes nothing here. */
async function begun(world: World, published: Published, strata: Strata | undefined): Promise<MirrorWatch[]> {
  const { id, state } = published;
  const rows = await world.records.publications.ofDeploy(id);
  const { at: publishedAt } = state;
  if (rows.some((row) => row.publishedAt < publishedAt)) return await begunAnew(world, rows, publishedAt);
  if (rows.length > 0 || strata === undefined) return rows;
  const deadline = publishedAt + strata.withinMs;
  await world.records.publications.begin(
    strata.servers.map(({ name, url }) => ({
      deployId: id,
      server: name,
      url,
      state: 'watching',
      at: publishedAt,
      publishedAt,
      deadline,
      revision: null,
      problem: null,
      nextLookAt: publishedAt,
    })),
  );
  // The status comment may have been written just before there were servers to speak of.
  await refreshStatus(world, published);
  return await world.records.publications.ofDeploy(id);
}

/** Taken back: the same servers are followed to the revision that did it, with the time they had before. */
async function begunAnew(
  world: World,
  rows: readonly MirrorWatch[],
  publishedAt: number,
): Promise<MirrorWatch[]> {
  const anew = rows.map((row): MirrorWatch => {
    if (row.publishedAt >= publishedAt) return row;
    const deadline = publishedAt + row.deadline - row.publishedAt;
    const none = { revision: null, problem: null };
    return {
      ...row,
      ...none,
      state: 'watching',
      at: publishedAt,
      publishedAt,
      deadline,
      nextLookAt: publishedAt,
    };
  });
  for (const row of anew) await world.records.publications.looked(row);
  return anew;
}

async function look(
  world: World,
  { state }: Published,
  strata: Strata | undefined,
  watched: MirrorWatch,
): Promise<MirrorWatch> {
  if (watched.nextLookAt === null || watched.nextLookAt > world.clock.now()) return watched;
  const seen = await ask(strata, watched.url);
  const after = afterLook(watched, state, seen, world.clock.now());
  await world.records.publications.looked(after);
  if (after.state !== watched.state) {
    const { deployId, server, revision, problem } = after;
    world.log.info(
      { deploy: deployId, server, state: after.state, revision, problem },
      'Stratum 1 looked at',
    );
  }
  return after;
}

async function ask(strata: Strata | undefined, url: string): Promise<StratumLook> {
  if (strata === undefined) return { kind: 'silent', problem: 'it is not in the configuration any more' };
  try {
    return await strata.look(url);
  } catch (error) {
    if (error instanceof Retryable) return { kind: 'silent', problem: error.message };
    throw error;
  }
}

function isNews(after: MirrorWatch, before: MirrorWatch | undefined): boolean {
  if (after.state !== before?.state) return true;
  return (
    after.state === 'lagging' && (after.revision !== before.revision || after.problem !== before.problem)
  );
}

/** The CernVM-FS repository of a deploy. */
function repositoryOf({ artifacts }: Deploy): string {
  return artifacts[0]?.repository ?? '';
}
