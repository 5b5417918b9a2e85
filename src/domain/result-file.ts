/** What a job says of itself in `_bot_job<ID>.result` and `.test`: code of the pull request wrote it, so believe no form of it. */
import type { TestOutcome } from './build.ts';
import { type IniSection, readIni } from './configparser.ts';

type JobStatus = 'SUCCESS' | 'FAILURE' | 'UNKNOWN';

export interface JobResult {
  status: JobStatus;
  /** File names as the job gave them; the naming rule has not seen them. */
  artefacts: string[];
  /** HTML of the job's making; never trusted, only shown through an allow-list. */
  description: string;
}

export interface JobTests {
  outcome: TestOutcome;
  /** As in JobResult. */
  description: string;
}

/** Why a file says nothing; one sentence of plain text. */
export interface FileProblem {
  problem: string;
}

const LARGEST_FILE = 1024 * 1024;
const MOST_ARTEFACTS = 100;
const MOST_FAILED_TESTS = 50;
const STATUSES: readonly string[] = ['SUCCESS', 'FAILURE', 'UNKNOWN'] satisfies JobStatus[];

/** Reads a `.result` file; never throws. */
export function parseResultFile(text: string): JobResult | FileProblem {
  const read = readSection(text, 'result file', ['RESULT']);
  if ('problem' in read) return read;
  const lines = (read.section.get('artefacts') ?? '').split('\n').map((line) => line.trim());
  const artefacts = [...new Set(lines.filter((line) => line !== ''))];
  if (artefacts.length > MOST_ARTEFACTS) {
    return {
      problem: `The result file names ${artefacts.length} artifacts; at most ${MOST_ARTEFACTS} are read.`,
    };
  }
  return { status: read.status, artefacts, description: read.description };
}

/** Reads a `.test` file, under `[TEST]` or the `[RESULT]` that some repositories write; never throws. */
export function parseTestFile(text: string): JobTests | FileProblem {
  const read = readSection(text, 'test file', ['TEST', 'RESULT']);
  if ('problem' in read) return read;
  const { status, description } = read;
  const counts = readSummary(description) ?? { passed: null, failed: null };
  return { outcome: { status, ...counts, failedTests: readFailedTests(description) }, description };
}

function readSection(
  text: string,
  noun: string,
  names: readonly string[],
): { section: IniSection; status: JobStatus; description: string } | FileProblem {
  if (text.length > LARGEST_FILE) return { problem: `The ${noun} is larger than 1 MiB.` };
  const sections = readIni(text);
  const section = names.map((name) => sections.get(name)).find((one) => one !== undefined);
  if (section === undefined) return { problem: `The ${noun} has no section ${names.join(' or ')}.` };
  const status = (section.get('status') ?? '').toUpperCase();
  if (status === '') return { problem: `The ${noun} gives no status.` };
  if (!isStatus(status)) {
    return { problem: `The ${noun} gives a status that is not SUCCESS, FAILURE or UNKNOWN.` };
  }
  return { section, status, description: section.get('comment_description') ?? '' };
}

function isStatus(text: string): text is JobStatus {
  return STATUSES.includes(text);
}

/** ReFrame's last line: of the cases that ran, some failed; those it gave up on (aborted) did not run to an end. */
const SUMMARY =
  /Ran (\d{1,9})\/\d{1,9} test case\(s\) from \d{1,9} check\(s\) \((\d{1,9}) failure\(s\), (\d{1,9}) skipped, (\d{1,9}) aborted\)/g;

/** Failed and aborted cases count as failed. */
function readSummary(description: string): { passed: number; failed: number; skipped: number } | null {
  const last = [...description.matchAll(SUMMARY)].at(-1);
  if (last === undefined) return null;
  const [ran = 0, failures = 0, skipped = 0, aborted = 0] = last.slice(1).map(Number);
  return { passed: Math.max(0, ran - failures), failed: failures + aborted, skipped };
}

/** `[     FAIL ] (2/3) EESSI_OSU_pt2pt_CPU /e72f4d1e @…`. */
const FAILED_TEST = /\[ {1,20}FAIL {1,20}\] \(\d{1,9}\/\d{1,9}\) ([A-Za-z0-9_.+-]{1,200})/g;

function readFailedTests(description: string): string[] {
  const names = new Set<string>();
  for (const [, name = ''] of description.matchAll(FAILED_TEST)) {
    names.add(name);
    if (names.size === MOST_FAILED_TESTS) break;
  }
  return [...names];
}
