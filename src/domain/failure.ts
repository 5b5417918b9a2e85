/** Who can do something about a failure, and so whether trying again may help. */
export type FailureClass = 'infrastructure' | 'download' | 'build' | 'test' | 'configuration';

/** Why a build failed, as its row remembers it. */
export interface Failure {
  /** Stable, machine-readable: `build-failed`, `conflict`, `artifact-empty` … */
  code: string;
  class: FailureClass;
  /** One sentence for people; plain text with names in backticks, not Markdown; whoever shows it escapes it. */
  sentence: string;
  /** Line of the log (from 1) that says so; null when no line does. */
  line: number | null;
  /** At most 30 lines of the log around it; secrets masked. */
  excerpt: string[];
}

/** A failure that no line of the log explains. */
export function plainFailure(failureClass: FailureClass, code: string, sentence: string): Failure {
  return { code, class: failureClass, sentence, line: null, excerpt: [] };
}
