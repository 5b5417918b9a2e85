import type { Deploy } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { sameLogin, whoMay } from '../domain/permission.ts';
import type { Rollback } from '../domain/rollback.ts';
import * as say from '../messages/rollback-replies.ts';
import { askPermission, targetsOfDeploy } from './ask-permission.ts';
import { labelTakenBack } from './follow-up.ts';
import { moveDeploy } from './move-deploy.ts';
import { audit, isPublished, onTopOf, type PublishedDeploy } from './request-rollback.ts';
import { answerOnDeploy, tell } from './tell-deploy.ts';
import type { World } from './world.ts';

/**
 * Takes back what two people agreed on: asks GitHub once more who they are, lets the publisher go back, writes what came of
 * it. Each step finds its own trace when it runs again.
 */
export async function runRollback(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`deploy:${deployId}`, () => takeBackOrFail(world, deployId));
  if (result === 'busy') await world.queue.add({ kind: 'rollback', deployId }, { delayMs: 1_000 });
}

async function takeBackOrFail(world: World, deployId: number): Promise<void> {
  const deploy = await world.records.deploys.get(deployId);
  const rollbacks = await world.records.rollbacks.ofDeploy(deployId);
  const rollback = rollbacks.find(({ state }) => state.kind === 'confirmed' || state.kind === 'running');
  if (deploy === null) return;
  if (deploy.state.kind === 'rolled-back') return announce(world, deploy, rollback);
  if (!rollback || !isPublished(deploy)) return;
  try {
    const running = await begin(world, rollback, deploy);
    const taken = await takeBack(world, running, deploy);
    if (taken) await announce(world, taken, running);
  } catch (error) {
    // It would fail the same way each minute: whoever asked hears of it instead.
    if (!(error instanceof Permanent)) throw error;
    await fail(world, rollback.id, deploy, error.message);
  }
}

/** Objects for the last time; once it is running, only the publisher can say no. */
async function begin(world: World, rollback: Rollback, deploy: PublishedDeploy): Promise<Rollback> {
  if (rollback.state.kind !== 'confirmed') return rollback;
  const { confirmation } = rollback.state;
  const objection = await objectionTo(world, rollback, confirmation.by, deploy);
  if (objection !== null) throw new Permanent(objection);
  await audit(world, world.catalogue.instance, 'rolling-back', rollback, { confirmation });
  const running = { kind: 'running', confirmation } as const;
  return (await world.records.rollbacks.move(rollback.id, 'confirmed', running)) ?? rollback;
}

async function objectionTo(
  world: World,
  { requestedBy }: Rollback,
  confirmedBy: string,
  deploy: PublishedDeploy,
): Promise<string | null> {
  const served = world.served.get(deploy.repo);
  if (!served) return 'the software repository is not served any more';
  if (sameLogin(requestedBy, confirmedBy)) return `\`${requestedBy}\` asked for it and confirmed it`;
  const targets = await targetsOfDeploy(world, deploy);
  const [mayAsk, mayConfirm] = await Promise.all([
    askPermission(world, served, 'deploy', deploy.repo, { login: requestedBy, isBot: false }, targets),
    askPermission(world, served, 'approve', deploy.repo, { login: confirmedBy, isBot: false }, targets),
  ]);
  const { deploy: askers, approve } = served.permissions.rules;
  if (mayAsk.kind !== 'allowed') return `\`${requestedBy}\` is not among ${whoMay(askers)} any more`;
  if (mayConfirm.kind !== 'allowed') return `\`${confirmedBy}\` is not among ${whoMay(approve)} any more`;
  const [later] = await onTopOf(world, deploy);
  return later ? `${later.repo}#${later.pullRequest} was published on top of it` : null;
}

async function takeBack(world: World, rollback: Rollback, deploy: PublishedDeploy): Promise<Deploy | null> {
  const { repository, from, to, requestedBy, state } = rollback;
  if (state.kind !== 'running') return null;
  const publisher = world.publishers.get(repository);
  if (!publisher) throw new Permanent(`no publisher is configured for \`${repository}\``);
  const { revision } = await publisher.rollback({ id: deploy.id, repository, from, to });
  const { pullRequest, commit } = deploy.state;
  return await moveDeploy(world, deploy, {
    kind: 'rolled-back',
    at: world.clock.now(),
    pullRequest,
    commit,
    from,
    to,
    revision,
    requestedBy,
    confirmedBy: state.confirmation.by,
  });
}

/** What follows a deploy that was taken back; safe to repeat. */
async function announce(world: World, deploy: Deploy, rollback: Rollback | undefined): Promise<void> {
  const { state } = deploy;
  if (state.kind !== 'rolled-back') return;
  const repository = deploy.artifacts[0]?.repository ?? '';
  if (rollback?.state.kind === 'running') {
    const { revision } = state;
    await audit(world, world.catalogue.instance, 'rolled-back', rollback, { revision });
    const { confirmation } = rollback.state;
    const done = { kind: 'done', confirmation, at: world.clock.now(), revision } as const;
    await world.records.rollbacks.move(rollback.id, 'running', done);
  }
  await tell(world, deploy, 'rolled-back', say.takenBack(repository, state));
  await answerOnDeploy(world, deploy, 'rolled-back', state.pullRequest, say.takenBack(repository, state));
  await labelTakenBack(world, deploy);
  await world.queue.add({ kind: 'watch', deployId: deploy.id });
}

/** Said before it is written: a row that is still under way says it again, in the same posting. */
async function fail(world: World, id: number, deploy: Deploy, reason: string): Promise<void> {
  const rollback = await world.records.rollbacks.get(id);
  if (rollback?.state.kind !== 'confirmed' && rollback?.state.kind !== 'running') return;
  await tell(world, deploy, `rollback:${id}:failed`, say.notTakenBack(rollback, reason));
  world.log.error({ deploy: deploy.id, rollback: id, reason }, 'rollback failed');
  await audit(world, world.catalogue.instance, 'rollback-failed', rollback, { reason });
  const { kind, confirmation } = rollback.state;
  await world.records.rollbacks.move(id, kind, {
    kind: 'failed',
    confirmation,
    at: world.clock.now(),
    reason,
  });
}
