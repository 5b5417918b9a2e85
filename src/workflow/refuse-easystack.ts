import type { EasystackProblem } from '../domain/easystack.ts';
import { easystackCheck } from '../messages/easystack.ts';
import type { CheckOutput, PullRequest } from '../ports.ts';
import { sha256 } from './post.ts';
import type { World } from './world.ts';

/**
 * Marks a commit whose easystacks are broken by a check with a remark on each line. Done again it finds what stands: the
 * delivery that asks for it is handled until it has gone through.
 */
export async function markBroken(
  world: World,
  pull: PullRequest,
  problems: readonly EasystackProblem[],
): Promise<void> {
  const { instance } = world.catalogue;
  const key = `check:easystacks:${pull.repo}#${pull.number}:${pull.headSha}`;
  const check: CheckOutput = {
    ...easystackCheck(problems),
    externalId: `stratobot:${instance}:easystacks:${pull.number}`,
    headSha: pull.headSha,
    detailsUrl: null,
    actions: [],
  };
  const posting = await world.records.postings.ensure({ key, repo: pull.repo, number: null, body: null });
  if (posting.remoteId !== null) return;
  let checkId: number | null = null;
  if (posting.attemptedAt !== null)
    checkId = await world.github.findCheck(pull.repo, pull.headSha, check.externalId);
  if (checkId === null) {
    await world.records.postings.attempt(key, world.clock.now());
    checkId = await world.github.createCheck(pull.repo, check);
  }
  await world.records.postings.written(key, checkId, sha256(JSON.stringify(check)), world.clock.now());
}
