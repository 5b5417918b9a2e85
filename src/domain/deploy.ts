import type { Differences } from './repository-policy.ts';

/**
 * A set of artifacts of one pull request put up for approval. The digest covers every artifact's name, size, sha256
 * and destination; the commit is the head of the deploy PR that shows them. Times are unix ms.
 */
export interface Deploy {
  id: number;
  /** The software repository and its pull request. */
  repo: string;
  pullRequest: number;
  /** Head commit the artifacts were built from. */
  headSha: string;
  /** Author of the software pull request. */
  author: string;
  requestedBy: string;
  /** Who asked for the larger deploys that this one is left of, after targets were dropped. */
  earlierAskers: string[];
  /** What asked for it: `comment:<id>` or `label:<delivery guid>`; asked again, it is the same deploy. */
  source: string;
  digest: string;
  artifacts: DeployItem[];
  /** It was asked for as a rebuild: files that the repository has may be replaced. */
  rebuild: boolean;
  /** Whose word it is that failed tests do not matter here, and why; null where none failed. */
  despiteTests: { by: string; reason: string } | null;
  /** What it would change, as far as that was looked at: when it was put up. */
  differences: Differences | null;
  /** The staging repository, `owner/name`. */
  staging: string;
  state: DeployState;
  createdAt: number;
}

/** One artifact of a deploy and where it will go. */
export interface DeployItem {
  artifactId: number;
  name: string;
  sha256: string;
  bytes: number;
  /** Key in the artifact store. */
  key: string;
  /** Name as in targetName(). */
  target: string;
  /** The CernVM-FS repository: `software.eessi.io`. */
  repository: string;
}

export type DeployState =
  | { kind: 'preparing'; since: number }
  | { kind: 'open'; since: number; pullRequest: number; commit: string }
  | { kind: 'approved'; at: number; pullRequest: number; commit: string; approvals: Approval[] }
  | { kind: 'ingesting'; since: number; pullRequest: number; commit: string; approvals: Approval[] }
  | {
      kind: 'published';
      at: number;
      pullRequest: number;
      commit: string;
      approvals: Approval[];
      revision: number;
      files: number;
      path: string;
      /** Of the root catalog, where there is one. */
      rootHash?: string;
    }
  /** Taken back: `revision` has the content of revision `to` again, the one before the deploy's own, `from`. */
  | {
      kind: 'rolled-back';
      at: number;
      pullRequest: number;
      commit: string;
      from: number;
      to: number;
      revision: number;
      requestedBy: string;
      confirmedBy: string;
    }
  | { kind: 'rejected'; at: number; pullRequest: number; by: string; reason: string }
  | { kind: 'superseded'; at: number; pullRequest: number | null; by: number }
  /** `incident`: what was fetched is not what was approved, or breaks the policy; somebody has to look. */
  | { kind: 'failed'; at: number; pullRequest: number | null; reason: string; incident: string[] };

export type DeployStateKind = DeployState['kind'];

/** One person's word for these bytes; a deploy that is approved carries as many as its repository asks for. */
export interface Approval {
  reviewer: string;
  reviewId: number;
  commit: string;
  digest: string;
}

/** Who may not approve a deploy, whatever the rules say: everybody who asked for it, or for one it is left of, and its author. */
export function outsidersOf({ requestedBy, earlierAskers, author }: Deploy): string[] {
  const people = new Map<string, string>();
  for (const login of [requestedBy, ...earlierAskers, author]) {
    people.set(login.toLowerCase(), login);
  }
  return [...people.values()];
}

/** Folders of the staging repository, after what became of the deploy whose record is in them. */
export const FOLDERS = ['staged', 'approved', 'ingested', 'rejected'] as const;
export type Folder = (typeof FOLDERS)[number];

/**
 * Where the record of a deploy belongs on the default branch of the staging repository; null while it is only in its deploy PR.
 * Merging brings it to `staged/`, whoever merges: only the bot, which knows of the approvals, moves it to `approved/`.
 */
export function folderOf(state: DeployState): Folder | null {
  switch (state.kind) {
    case 'preparing':
    case 'open':
    case 'approved':
      return null;
    case 'ingesting':
      return 'approved';
    case 'published':
      return 'ingested';
    default:
      return state.pullRequest === null ? null : 'rejected';
  }
}

/** The text whose sha256 is the deploy's digest: one line per artifact, sorted, so that order never matters. */
export function deployManifest(
  deploy: Pick<Deploy, 'repo' | 'pullRequest' | 'headSha' | 'rebuild'>,
  items: readonly DeployItem[],
): string {
  const lines = items.map((item) =>
    [item.sha256, item.bytes, item.repository, item.target, item.name, item.key].join(' '),
  );
  const rebuild = deploy.rebuild ? ' rebuild' : '';
  return `${deploy.repo}#${deploy.pullRequest} ${deploy.headSha}${rebuild}\n${lines.sort().join('\n')}\n`;
}
