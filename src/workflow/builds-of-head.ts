import type { Build } from '../domain/build.ts';
import type { World } from './world.ts';

/** Every build that was asked for at one head of a pull request, oldest request first. */
export async function buildsOfHead(
  world: World,
  repo: string,
  pullRequest: number,
  headSha: string,
): Promise<Build[]> {
  const requests = await world.records.requests.ofPullRequest(repo, pullRequest);
  const ofHead = requests.filter((request) => request.headSha === headSha).reverse();
  const builds = await Promise.all(ofHead.map((request) => world.records.builds.ofRequest(request.id)));
  return builds.flat();
}
