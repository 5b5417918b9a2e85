import type { Build } from '../domain/build.ts';
import type { BuildRequest } from '../domain/request.ts';
import { targetName } from '../domain/target.ts';
import { code, list } from './markdown.ts';
import { headline } from './status-words.ts';

/** The first build of a request has begun. */
export function started({ headSha, requestedBy }: BuildRequest, builds: readonly Build[]): string {
  const targets = list(builds.map(({ target }) => code(targetName(target))));
  return `Building ${code(headSha.slice(0, 7))} for ${targets}, as @${requestedBy} asked.`;
}

/** All builds of a request have ended. */
export function ended({ headSha, requestedBy }: BuildRequest, builds: readonly Build[]): string {
  return `@${requestedBy}, the build of ${code(headSha.slice(0, 7))} has ended: ${headline(builds)}.`;
}
