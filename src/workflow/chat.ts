import { type Build, isFinal } from '../domain/build.ts';
import type { BuildRequest } from '../domain/request.ts';
import { comingTry, newestTries } from '../domain/tries.ts';
import { ended, started } from '../messages/chat.ts';
import { reply } from './post.ts';
import type { World } from './world.ts';

/** Where the bot is chatty: a sentence when the first build of a request begins, and one when all have ended. */
export async function chat(world: World, request: BuildRequest, builds: readonly Build[]): Promise<void> {
  const { id, repo, pullRequest: number } = request;
  if (world.served.get(repo)?.chatter !== 'chatty') return;
  const shown = newestTries(builds).map((build) => comingTry(builds, build));
  const key = `chat:${id}:started`;
  const settled = shown.every(({ state }) => isFinal(state));
  if (!settled && shown.some(({ state }) => state.kind === 'running'))
    await reply(world, { key, repo, number, body: started(request, shown) });
  // Nothing is said of the end of what was not begun: it may be long ago.
  if (settled && (await world.records.postings.get(key)) !== null)
    await reply(world, { key: `chat:${id}:ended`, repo, number, body: ended(request, shown) });
}
