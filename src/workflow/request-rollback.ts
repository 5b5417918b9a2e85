import type { Deploy } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { sameLogin, whoMay } from '../domain/permission.ts';
import { CONFIRM_WITHIN_MS, type Rollback, rollbackName } from '../domain/rollback.ts';
import * as say from '../messages/rollback-replies.ts';
import type { PullRequest } from '../ports.ts';
import { refuseTargets, targetsOfDeploy } from './ask-permission.ts';
import type { ServedRepository, World } from './world.ts';

type PublishedState = Extract<Deploy['state'], { kind: 'published' }>;
export type PublishedDeploy = Deploy & { state: PublishedState };

/** Who wrote `bot: rollback` where, and the identity of the asking: `comment:<id>`. */
interface RollbackAsk {
  pull: Pick<PullRequest, 'repo' | 'number'>;
  by: string;
  source: string;
}

/**
 * Asks for the way back from what a pull request last published, in each CernVM-FS repository; nothing changes before a
 * second person has confirmed the revisions that are named now.
 * @returns sentences for whoever asked
 */
export async function requestRollback(
  world: World,
  served: ServedRepository,
  ask: RollbackAsk,
): Promise<string[]> {
  const deploys = await world.records.deploys.ofPullRequest(ask.pull.repo, ask.pull.number);
  const published = deploys.filter(isPublished).sort((a, b) => a.state.revision - b.state.revision);
  const newest = new Map(published.map((deploy) => [repositoryOf(deploy), deploy]));
  if (newest.size === 0) return [say.nothingToTakeBack(deploys)];
  const answers: string[] = [];
  for (const deploy of newest.values()) {
    const asker = { repo: ask.pull.repo, by: ask.by };
    const refused = await refuseTargets(world, served, 'deploy', asker, await targetsOfDeploy(world, deploy));
    if (refused !== null) return [refused];
  }
  for (const deploy of newest.values()) answers.push(await askFor(world, served, ask, deploy));
  return answers;
}

async function askFor(
  world: World,
  served: ServedRepository,
  { by, source }: RollbackAsk,
  deploy: PublishedDeploy,
): Promise<string> {
  const repository = repositoryOf(deploy);
  const later = await onTopOf(world, deploy);
  if (later.length > 0) return say.otherOnTop(repository, deploy.state.revision, later);
  const publisher = world.publishers.get(repository);
  if (!publisher) return say.noWayBack(repository, 'no publisher is configured for it');
  const { id } = deploy;
  try {
    const way = await publisher.wayBack({ id, repository });
    await lapse(world, await world.records.rollbacks.ofDeploy(id));
    const askedAt = world.clock.now();
    const row = { deployId: id, repository, ...way, requestedBy: by, source, askedAt };
    const { rollback, created } = await world.records.rollbacks.ask(row);
    if (rollback.source !== source) return say.underWay(rollback);
    if (created) await audit(world, by, 'rollback-requested', rollback, { source });
    return say.askedToTakeBack(rollback, whoMay(served.permissions.rules.approve));
  } catch (error) {
    if (!(error instanceof Permanent)) throw error;
    return say.noWayBack(repository, error.message);
  }
}

/** `bot: rollback confirm=…`: the second pair of eyes. Whoever gets here has the right to approve. */
export async function confirmRollback(
  world: World,
  served: ServedRepository,
  { pull, by, source }: RollbackAsk,
  name: string,
): Promise<string> {
  const deploys = await world.records.deploys.ofPullRequest(pull.repo, pull.number);
  const all = (await Promise.all(deploys.map(({ id }) => world.records.rollbacks.ofDeploy(id)))).flat();
  const before = all.find(({ state }) => 'confirmation' in state && state.confirmation.source === source);
  if (before) return await follow(world, before, by);
  const waiting = (await lapse(world, all)).filter(({ state }) => state.kind === 'asked');
  const rollback = waiting.find((one) => rollbackName(one) === name.toLowerCase());
  if (!rollback) {
    const going = all.find((one) => rollbackName(one) === name.toLowerCase() && isGoing(one));
    return going ? say.underWay(going) : say.nothingToConfirm(name, waiting);
  }
  if (sameLogin(by, rollback.requestedBy)) {
    await audit(world, by, 'rollback-refused', rollback, { source, reason: 'asked for by the same person' });
    return say.sameTwoEyes(rollback, whoMay(served.permissions.rules.approve));
  }
  const deploy = deploys.find(({ id }) => id === rollback.deployId);
  const targets = deploy ? await targetsOfDeploy(world, deploy) : [];
  const refused = await refuseTargets(world, served, 'approve', { repo: pull.repo, by }, targets);
  if (refused !== null) return refused;
  await audit(world, by, 'rollback-confirmed', rollback, { source });
  const confirmation = { by, source, at: world.clock.now() };
  const moved = await world.records.rollbacks.move(rollback.id, 'asked', { kind: 'confirmed', confirmation });
  return moved
    ? await follow(world, moved, by)
    : say.underWay({ ...rollback, state: { kind: 'confirmed', confirmation } });
}

/** What a confirmation sets going; safe to repeat. */
async function follow(world: World, rollback: Rollback, by: string): Promise<string> {
  await world.queue.add({ kind: 'rollback', deployId: rollback.deployId });
  return say.confirmed(rollback, by);
}

/** Ends askings that nobody confirmed in time; gives the rows that are left. */
async function lapse(world: World, rollbacks: readonly Rollback[]): Promise<Rollback[]> {
  const now = world.clock.now();
  const late = rollbacks.filter(
    ({ state, askedAt }) => state.kind === 'asked' && askedAt + CONFIRM_WITHIN_MS < now,
  );
  for (const { id } of late) await world.records.rollbacks.move(id, 'asked', { kind: 'lapsed', at: now });
  return rollbacks.filter((one) => !late.includes(one));
}

/** Published deploys that would go with it, oldest first. */
export async function onTopOf(world: World, deploy: PublishedDeploy): Promise<PublishedDeploy[]> {
  const published = (await world.records.deploys.inState(['published'])).filter(isPublished);
  return published.filter(
    (other) => repositoryOf(other) === repositoryOf(deploy) && other.state.revision > deploy.state.revision,
  );
}

/** A line of the audit log, with the revisions both people saw. */
export async function audit(
  world: World,
  actor: string,
  action: string,
  { id, deployId, repository, from, to, requestedBy }: Rollback,
  more: object = {},
): Promise<void> {
  await world.records.audit.append({
    at: world.clock.now(),
    actor,
    action,
    subject: `deploy:${deployId}`,
    evidence: { rollback: id, repository, from, to, requestedBy, ...more },
  });
}

function isGoing({ state }: Rollback): boolean {
  return state.kind === 'confirmed' || state.kind === 'running';
}

export function isPublished(deploy: Deploy): deploy is PublishedDeploy {
  return deploy.state.kind === 'published';
}

/** The CernVM-FS repository of a deploy. */
function repositoryOf({ artifacts }: Deploy): string {
  return artifacts[0]?.repository ?? '';
}
