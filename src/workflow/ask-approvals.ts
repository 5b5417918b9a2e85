import type { ReviewFacts } from '../domain/approval.ts';
import type { Deploy } from '../domain/deploy.ts';
import { rulesFor, whoMay } from '../domain/permission.ts';
import { askPermission, targetsOfDeploy } from './ask-permission.ts';
import type { ServedRepository, World } from './world.ts';

/**
 * What approvals of a deploy are judged by, all of it asked of GitHub now: the deploy PR's head and reviews, and which of
 * the people who approved may.
 * @param just a review that GitHub has told of and may not list yet
 */
export async function askApprovals(
  world: World,
  served: ServedRepository,
  deploy: Deploy,
  pullRequest: number,
  just?: ReviewFacts,
) {
  const [pull, listed] = await Promise.all([
    world.github.pullRequest(deploy.staging, pullRequest),
    world.github.reviews(deploy.staging, pullRequest),
  ]);
  const known = just === undefined || listed.some(({ id }) => id === just.id);
  const reviews: ReviewFacts[] = known ? listed : [...listed, just];
  const targets = await targetsOfDeploy(world, deploy);
  const may = new Set<string>();
  const people = new Map(
    reviews
      .filter(({ state }) => state === 'approved')
      .map(({ reviewer }) => [reviewer.login.toLowerCase(), reviewer]),
  );
  for (const [login, reviewer] of people) {
    const answer = await askPermission(world, served, 'approve', deploy.repo, reviewer, targets);
    if (answer.kind === 'allowed') may.add(login);
  }
  return {
    deploy,
    reviews,
    headCommit: pull?.headSha ?? '',
    mayApprove: (login: string) => may.has(login.toLowerCase()),
    approvers: whoMay(rulesFor(served.permissions.rules.approve, targets)),
    needed: served.approvals,
  };
}
