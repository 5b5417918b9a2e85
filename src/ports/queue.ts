/** The queue only moves work; the rows say what is still to be done. */

/** Work that may run twice and in any order; the rows decide what is still to be done. */
export type Job =
  | { kind: 'delivery'; guid: string }
  /** Several that came together. */
  | { kind: 'deliveries'; guids: string[] }
  | { kind: 'build'; buildId: number }
  /** Gives free slots to the builds that wait. */
  | { kind: 'place' }
  | { kind: 'status'; requestId: number }
  | { kind: 'check'; buildId: number }
  | { kind: 'summary'; requestId: number }
  /** Labels of a request's pull request. */
  | { kind: 'labels'; requestId: number }
  /** A command that waits for another pull request. */
  | { kind: 'wait'; waitId: number }
  | { kind: 'reply'; key: string }
  | { kind: 'deploy'; deployId: number }
  | { kind: 'ingest'; deployId: number }
  | { kind: 'file'; deployId: number }
  | { kind: 'watch'; deployId: number }
  | { kind: 'rollback'; deployId: number };

export interface Queue {
  /** `delayMs` from now; jobs that are equal and still waiting are one. */
  add(job: Job, options?: { delayMs?: number }): Promise<void>;
  /** The same for many that are due now, in one step. */
  addAll(jobs: readonly Job[]): Promise<void>;
}
