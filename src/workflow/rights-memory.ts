/** How long a yes is remembered, ms. */
const REMEMBER_MS = 3 * 60_000;
/** Answers that are kept; the oldest go first. */
const MOST_REMEMBERED = 1_000;

/** Who was allowed what a moment ago. Only a yes is remembered: who was just given a right has it at once. */
export class RightsMemory {
  private readonly until = new Map<string, number>();
  private readonly most: number;

  constructor(most = MOST_REMEMBERED) {
    this.most = most;
  }

  /** @param now unix ms */
  remember(question: string, now: number): void {
    this.until.delete(question);
    this.until.set(question, now + REMEMBER_MS);
    const [oldest] = this.until.keys();
    if (this.until.size > this.most && oldest !== undefined) this.until.delete(oldest);
  }

  knows(question: string, now: number): boolean {
    return (this.until.get(question) ?? 0) > now;
  }
}
