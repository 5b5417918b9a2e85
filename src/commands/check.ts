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

/** Looks, and says what was found, or what went wrong and what would mend it. */
export async function check(name: string, remedy: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await look(), remedy: null };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), remedy };
  }
}
