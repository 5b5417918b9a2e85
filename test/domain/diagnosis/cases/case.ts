import type { FailureClass } from '../../../../src/domain/diagnosis.ts';

/** A log of `test/fixtures/logs`, and what the bot must say about a build that failed with it. */
export interface Case {
  log: string;
  class: FailureClass;
  rule: string;
  line: number | null;
  sentence: string;
}
