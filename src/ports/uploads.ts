/** What is done for the upload policies `latest` and `once`: a target has one artifact in the store per pull request. */
export interface Uploads {
  /**
   * Whether an artifact of the same pull request, target and kind as this one is in the store, from another build that did
   * not fail. Artifacts are of a kind when their names differ in nothing but the time in them.
   */
  hasOther(buildId: number, name: string): Promise<boolean>;
  /**
   * Marks as removed what is in the store though a newer build of the same target brought another of its kind; what a deploy
   * under way names stays. Looks at pull requests where a build or a deploy moved after `movedSince` (unix ms).
   */
  removeOlder(repo: string, movedSince: number, at: number): Promise<void>;
  /** Those marked as removed that may still be in the store; key null: another artifact has the same key. */
  toErase(): Promise<{ id: number; requestId: number; key: string | null }[]>;
  /** It is gone from the store. */
  erased(id: number, at: number): Promise<void>;
}
