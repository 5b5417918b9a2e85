/**
 * From what the log says and how the job ended to one reason. Who wins, in this order:
 * 1. How the job ended, where that is all there is to know: its time limit, no `bot/build.sh`.
 * 2. The node gave up (full disk, out of memory, a lost mount): all other errors follow from it.
 * 3. The first cause inside the first package that EasyBuild gave up (or was building when the log ends). What a later
 *    step, a later extension or the package's success came after does not count: the build had survived it.
 * 4. The first cause after that package, then what EasyBuild itself says of the package.
 * 5. Without such a package: the first cause outside packages that no success came after, then a symptom, then any line
 *    that begins with "error".
 * 6. Tests, when the build is good or nothing before them explains anything.
 */
import type { JobExit } from '../build.ts';
import type { Finding, Found, Section } from './reader.ts';
import { maskLine } from './secrets.ts';
import { code } from './text.ts';
import type { Diagnosis, Ending, FailureClass } from './types.ts';

const LONGEST_SENTENCE = 500;

/** The reason, or null when nothing says that the job failed. */
export function conclude(found: Found, ending: Ending): Diagnosis | null {
  const { exit, steps, result, tests } = ending;
  const { failed } = found;
  if (exit.kind === 'timed-out') return stopped(found, exit);
  if (exit.kind === 'lost') {
    const why =
      failed?.findings.machine ?? found.afterwards.machine ?? found.loose.machine ?? found.testing.machine;
    if (why) return fromFinding(why, failed);
    return bare(found, 'infrastructure', 'job-lost', `the job vanished from its node (${code(exit.detail)})`);
  }
  const status = steps.build ?? null;
  if (status === null) {
    return bare(found, 'configuration', 'script-missing', 'there is no `bot/build.sh` in the pull request');
  }
  if (result?.status === 'SUCCESS') {
    if (result.artefacts.length === 0)
      return bare(found, 'build', 'artifact-missing', 'the build says SUCCESS but names no artifact');
    return tests?.outcome.status === 'FAILURE' ? testsFailed(found, tests.outcome.failedTests ?? []) : null;
  }
  if (result === null && status === 0) {
    const sentence =
      '`bot/check-build.sh` is missing or wrote no result, so nobody can tell whether the build is good';
    return bare(found, 'configuration', 'result-unknown', sentence);
  }
  const why = strongest(found);
  if (why) return fromFinding(why, failed);
  if (status > 128 && status < 160) return killed(found, status - 128);
  if (found.failedTests.length > 0 || found.testing.machine) return testsFailed(found, []);
  const sentence =
    status === 0
      ? '`bot/check-build.sh` found the build bad, and no line of the log says why'
      : `\`bot/build.sh\` ended with exit status ${status}, and no line of the log says why`;
  return bare(found, 'build', 'unknown', within(failed, null) + sentence);
}

function strongest({ failed, afterwards, loose }: Found): Finding | null {
  return (
    failed?.findings.machine ??
    afterwards.machine ??
    failed?.findings.cause ??
    afterwards.cause ??
    failed?.findings.symptom ??
    loose.machine ??
    loose.cause ??
    afterwards.symptom ??
    loose.symptom ??
    failed?.findings.guess ??
    afterwards.guess ??
    loose.guess
  );
}

function stopped(found: Found, exit: Extract<JobExit, { kind: 'timed-out' }>): Diagnosis {
  const { limitSeconds } = exit;
  const hours = Math.round(limitSeconds / 360) / 10;
  const minutes = Math.round(limitSeconds / 60);
  const limit = limitSeconds < 120 ? `${limitSeconds} s` : hours >= 2 ? `${hours} h` : `${minutes} min`;
  const sentence = `${within(found.failed, found.failed?.extension ?? null)}it was stopped at the pool's time limit of ${limit}`;
  return bare(found, 'configuration', 'time-limit', sentence);
}

/** A shell gives 128 + the signal's number. KILL comes from the kernel's memory killer or an administrator. */
function killed(found: Found, signal: number): Diagnosis {
  const why = signal === 9 ? ', most likely for lack of memory' : '';
  const sentence = `${within(found.failed, null)}it was ended by signal ${signal}${why}`;
  const crashed = signal === 4 || signal === 6 || signal === 8 || signal === 11;
  return bare(found, crashed ? 'build' : 'infrastructure', 'killed', sentence);
}

function testsFailed(found: Found, named: readonly string[]): Diagnosis {
  const { failedTests, testing } = found;
  if (testing.machine) return fromFinding(testing.machine, null, 'while testing: ');
  const names = [...new Set([...failedTests.map((test) => test.name), ...named])];
  const [first] = failedTests;
  if (names.length === 0) {
    const why = testing.cause ?? testing.symptom;
    if (why) return fromFinding(why, null, 'while testing: ');
    return bare(found, 'test', 'tests-failed', 'the tests failed and do not say which');
  }
  const shown = names.slice(0, 3).map((name) => code(name));
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const sentence = `${names.length === 1 ? 'the test' : `${names.length} tests failed:`} ${shown.join(', ')}${rest}`;
  const ending = names.length === 1 ? ' failed' : '';
  const detail = found.testReason
    ? `: ${names.length === 1 ? '' : 'the first with '}${code(found.testReason)}`
    : '';
  if (!first) return bare(found, 'test', 'tests-failed', `${sentence}${ending}`);
  return {
    class: 'test',
    rule: 'tests-failed',
    sentence: finish(`${sentence}${ending}${detail}`),
    line: first.line,
    excerpt: excerpt(first.before, first.text, first.after),
  };
}

function fromFinding(finding: Finding, failed: Section | null, prefix?: string): Diagnosis {
  const { rule, text, line, before, after } = finding;
  const said = rule.say(finding);
  return {
    class: rule.class,
    rule: rule.name,
    sentence: finish((prefix ?? within(failed, finding.extension)) + said),
    line,
    excerpt: excerpt(before, text, after),
  };
}

/** A reason that no line of the log gives; shows the end of it. */
function bare(found: Found, failureClass: FailureClass, rule: string, sentence: string): Diagnosis {
  const last = found.lastLines.map((line) => maskLine(line.text));
  return { class: failureClass, rule, sentence: finish(sentence), line: null, excerpt: last };
}

function within(failed: Section | null, extension: string | null): string {
  const name = failed?.easyconfig ?? failed?.module ?? null;
  if (name === null) return '';
  return `while building ${code(name)}${extension === null ? '' : `, extension ${code(extension)}`}: `;
}

function excerpt(before: readonly string[], line: string, after: readonly string[]): string[] {
  return [...before, line, ...after].map(maskLine);
}

function finish(sentence: string): string {
  const points = [...maskLine(sentence)];
  if (points.length <= LONGEST_SENTENCE) return points.join('');
  const cut = points.slice(0, LONGEST_SENTENCE - 2).join('');
  return `${cut}…${cut.split('`').length % 2 === 0 ? '`' : ''}`;
}
