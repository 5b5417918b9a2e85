import type { SoftwareChanges } from './software-changes.ts';

/** The build commands of one comment, or one label: what a status comment is about. Times are unix ms. */
export interface BuildRequest {
  id: number;
  repo: string;
  pullRequest: number;
  /** Head commit pinned when the command arrived. */
  headSha: string;
  baseRef: string;
  /** Title of the pull request when the command arrived. */
  title: string;
  /** Author of the pull request. */
  author: string;
  requestedBy: string;
  /** The commands as typed, one a line. */
  commands: string[];
  /** What the pull request does to the software of the stack; null: not known. */
  software: SoftwareChanges | null;
  /** What makes the request unique: `comment:<id>` or `label:<delivery guid>`. */
  source: string;
  createdAt: number;
}
