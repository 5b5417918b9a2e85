/** What ended builds leave behind, and what became of it; builds that never came to a node leave nothing. */
export interface Remains {
  /**
   * For each node of a pool the build that ended first of those whose directory may still be there.
   * @param endedBefore unix ms, for builds that failed and for all others
   */
  directories(
    pool: string,
    endedBefore: { failed: number; others: number },
  ): Promise<{ buildId: number; node: string }[]>;
  /**
   * Builds that ended before `endedBefore` (unix ms) on another node than they were first given to: that one was silent,
   * and a job may have been left there.
   */
  strays(endedBefore: number): Promise<{ buildId: number; node: string }[]>;
  /** There is no job of the build on that node. */
  strayCleared(buildId: number, node: string): Promise<void>;
  /** A build's directory is gone from its node. */
  cleared(buildId: number, at: number): Promise<void>;
  /** Builds that ended before `before` (unix ms) and whose log was not put into the artifact store yet, oldest first. */
  logs(before: number, limit: number): Promise<{ buildId: number; requestId: number; endedAt: number }[]>;
  /** A build's log is in the artifact store; key null: it has none. */
  logKept(buildId: number, key: string | null, at: number): Promise<void>;
  /** Key of a build's log in the artifact store; null: it is not there. */
  logKey(buildId: number): Promise<string | null>;
}
