/** One line of `stratobot doctor`. */
export interface Check {
  /** What was looked at: `node zen2/node-1`. */
  name: string;
  ok: boolean;
  /** What was seen, in a few words: a version, or the reason it failed. */
  detail: string;
  /** What to do when it failed; null when the detail says it. */
  remedy: string | null;
}
