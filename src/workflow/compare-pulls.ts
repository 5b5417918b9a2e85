import { Permanent } from '../domain/errors.ts';
import type { FoundEvent } from '../ports.ts';
import { COMMAND_LABELS } from './handle-label.ts';
import { takeFound } from './take-found.ts';
import type { World } from './world.ts';

/**
 * What GitHub's log of deliveries no longer reaches back to is found on the pull requests themselves: new heads, labels and
 * comments of the open ones, reviews and the end of deploy PRs, the end of pull requests that builds run for,
 * or commands wait for. Each becomes a delivery
 * with a GUID made of what it is about, so that it is one however often this runs. A command among them is more than a day
 * old and not carried out: whoever wrote it is told so, once.
 * @param since from then on something may have been missed, unix ms
 * @param until the log reaches back to there, unix ms
 */
export async function comparePulls(world: World, since: number, until: number): Promise<void> {
  const { github, log, records, served } = world;
  const take = async (events: readonly FoundEvent[]) => {
    const ids = events.flatMap(({ asked }) => (asked?.by === 'comment' ? asked.id : []));
    const seen = await records.deliveries.commentsSeen(ids, since);
    for (const event of events) {
      const { asked } = event;
      if (asked !== null && asked.at > until) continue;
      if (asked?.by === 'comment' && seen.has(asked.id)) continue;
      if (asked?.by === 'label' && (await records.deliveries.labelSeen(asked))) continue;
      await takeFound(world, event);
    }
  };
  const one = async (what: string, ask: () => Promise<FoundEvent[]>) => {
    const events = await ask().catch((err) => {
      // It would be the same next time, and the others must not wait for it; what may pass is looked at again as a whole.
      if (!(err instanceof Permanent)) throw err;
      log.warn({ err, what }, 'missed events could not be looked for');
      return [];
    });
    await take(events);
  };

  for (const repo of served.keys()) await one(repo, () => github.openPullsSince(repo, since, COMMAND_LABELS));
  for (const deploy of await records.deploys.inState(['open', 'approved'])) {
    if (!('pullRequest' in deploy.state) || deploy.state.pullRequest === null) continue;
    const { staging, state } = deploy;
    const number = state.pullRequest;
    await one(`${staging}#${number}`, () => github.pullAsEvents(staging, Number(number)));
  }
  const requests = new Set<number>();
  for (const build of await records.builds.inState(['queued', 'starting', 'running']))
    requests.add(build.requestId);
  const pulls = new Map<string, { repo: string; pullRequest: number }>();
  for (const id of requests) {
    const request = await records.requests.get(id);
    if (request !== null && served.has(request.repo))
      pulls.set(`${request.repo}#${request.pullRequest}`, request);
  }
  for (const { repo, pullRequest, after } of await records.waits.waiting())
    for (const number of served.has(repo) ? [pullRequest, after] : [])
      pulls.set(`${repo}#${number}`, { repo, pullRequest: number });
  for (const [what, { repo, pullRequest }] of pulls)
    await one(what, async () => {
      const events = await github.pullAsEvents(repo, pullRequest);
      return events.filter(({ event }) => event === 'pull_request');
    });
}
