import { comingTry, newestTries } from '../domain/tries.ts';
import * as say from '../messages/replies.ts';
import type { PullRequest } from '../ports.ts';
import { usualTimes } from './usual-times.ts';
import { waitLines } from './wait-for.ts';
import type { World } from './world.ts';

/** Requests shown by `bot: status` without `all`. */
const SHOWN = 3;

/** `bot: status`: the newest requests of a pull request, each with a link to its living comment, and what waits. */
export async function statusOf(world: World, pull: PullRequest, all: boolean): Promise<string> {
  const requests = await world.records.requests.ofPullRequest(pull.repo, pull.number);
  const shown = all ? requests : requests.slice(0, SHOWN);
  const rows = await Promise.all(
    shown.map(async (request) => {
      const posting = await world.records.postings.get(`status:${request.id}`);
      const link = posting?.remoteId
        ? `${world.gitUrl}/${pull.repo}/pull/${pull.number}#issuecomment-${posting.remoteId}`
        : null;
      const all = await world.records.builds.ofRequest(request.id);
      const builds = newestTries(all).map((build) => comingTry(all, build));
      const isHead = request.headSha === pull.headSha;
      const usualMs = await usualTimes(world, builds);
      return { headSha: request.headSha, isHead, builds, usualMs, commentUrl: link };
    }),
  );
  const deploys = await world.records.deploys.ofPullRequest(pull.repo, pull.number);
  return say.status(rows, deploys, await waitLines(world, pull), world.clock.now());
}
