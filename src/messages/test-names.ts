import type { TestOutcome } from '../domain/build.ts';
import { code, count } from './markdown.ts';

/** Failed tests named in one line. */
const MOST_NAMES = 10;

/** `EESSI_OSU` and `EESSI_GROMACS`: which tests failed, or how many where they have no names. */
export function testNames({ failed, failedTests = [] }: TestOutcome): string {
  if (failedTests.length === 0) return failed ? `${count(failed, 'test')} failed` : 'the test step failed';
  const shown = failedTests.slice(0, MOST_NAMES).map((name) => code(name, 100));
  const more = failedTests.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
