import type { Artifact } from '../domain/artifact.ts';
import type { Build, BuildState } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { RepositoryTarget } from '../domain/target.ts';

/** Everything a status comment shows, as the rows say it. */
export interface StatusView {
  request: BuildRequest;
  /** Every try of every build of the request. */
  builds: readonly Build[];
  /** The head of the branch when it is another commit than the request's; null otherwise. */
  branchAt: string | null;
  /** There is a newer request on the pull request. */
  isOld: boolean;
  /** Deploys of the pull request's head of this request. */
  deploys: readonly Deploy[];
  /** Stratum 1 servers on their way to a deploy's revision, by the deploy's id. */
  watches: ReadonlyMap<number, readonly MirrorWatch[]>;
  repositories: ReadonlyMap<string, RepositoryTarget>;
  /** How long builds like those that run usually take, by the build's id, ms; none where none was built yet. */
  usualMs: ReadonlyMap<number, number>;
  /** Address of a build's log. */
  logLink: (buildId: number) => string;
  /** Where an artifact can be fetched, and whether it can, by its id. */
  artifacts: ReadonlyMap<number, Pick<Artifact, 'url' | 'upload'>>;
}

/** How much of it is said: a comment of GitHub has a limit. */
export interface Detail {
  /** Rows of a table. */
  rows: number;
  /** Characters of a name. */
  name: number;
  /** Reasons of failures that stand open, and those below them, folded. */
  reasons: number;
  /** Characters of a reason. */
  reason: number;
  /** Whether artifacts are linked, jobs named and digests listed. */
  evidence: boolean;
  /** Whether it is told what the scripts say. */
  reports: boolean;
}

/** A build that never ran has none. */
export function hasLog(state: BuildState): boolean {
  return state.kind !== 'queued' && state.kind !== 'starting' && state.startedAt !== null;
}

export function logUrl({ logLink }: Pick<StatusView, 'logLink'>, build: Build): string {
  return logLink(build.id);
}
