/** Taking a published deploy back: asked for by one person, confirmed by a second, bound to the revisions both saw. */

/** Times are unix ms. */
export interface Rollback {
  id: number;
  deployId: number;
  /** The CernVM-FS repository. */
  repository: string;
  /** The deploy's revision, which is the newest. */
  from: number;
  /** The revision whose content comes back; 0: nothing was there before. */
  to: number;
  requestedBy: string;
  /** What asked for it: `comment:<id>`. */
  source: string;
  askedAt: number;
  state: RollbackState;
}

/** Who confirmed, and where: `comment:<id>`. */
interface Confirmation {
  by: string;
  source: string;
  at: number;
}

export type RollbackState =
  | { kind: 'asked' }
  | { kind: 'lapsed'; at: number }
  | { kind: 'confirmed'; confirmation: Confirmation }
  /** Nothing but the publisher stops it any more. */
  | { kind: 'running'; confirmation: Confirmation }
  /** `revision`: the new one, with the content of `to`. */
  | { kind: 'done'; confirmation: Confirmation; at: number; revision: number }
  | { kind: 'failed'; confirmation: Confirmation; at: number; reason: string };

export type RollbackStateKind = RollbackState['kind'];
/** How long a second person has to confirm, ms. */
export const CONFIRM_WITHIN_MS = 24 * 60 * 60_000;

/** What is confirmed, as it is typed: `software.eessi.io@42`. */
export function rollbackName({ repository, from }: Pick<Rollback, 'repository' | 'from'>): string {
  return `${repository}@${from}`;
}
