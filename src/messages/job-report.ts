import type { Build, BuildState } from '../domain/build.ts';
import type { JobReport, Report, ReportLine } from '../domain/job-report.ts';
import { targetName } from '../domain/target.ts';
import { code, count, details, prose } from './markdown.ts';

const SCRIPTS = [
  ['build', 'bot/check-build.sh'],
  ['test', 'bot/check-test.sh'],
] as const;

/** Builds of a status comment that are told of; of more than these the checks tell. */
const MOST_TOLD = 16;

/** For the check of a build: what the scripts of the pull request say of it, folded; empty where they say nothing. */
export function jobReport({ state }: Pick<Build, 'state'>): string[] {
  const report = reportIn(state);
  return SCRIPTS.flatMap(([key, script]) => {
    const told = report[key];
    return told === undefined ? [] : [details(`What <code>${script}</code> says`, reportLines(told))];
  });
}

/** For the status comment, which counts tests and names those that failed: what is said of builds, in one fold. */
export function jobReports(builds: readonly Build[]): string[] {
  const told = builds.flatMap(({ target, state }) => {
    const report = reportIn(state).build;
    return report === undefined ? [] : [{ target, report }];
  });
  if (told.length === 0 || told.length > MOST_TOLD) return [];
  const body = told.flatMap(({ target, report }) => [`${code(targetName(target))}:`, reportLines(report)]);
  const title = `What <code>bot/check-build.sh</code> says of ${count(told.length, 'build')}`;
  return [details(title, body.join('\n\n'))];
}

function reportIn(state: BuildState): JobReport {
  return 'report' in state ? (state.report ?? {}) : {};
}

/** A list of what it says: of the pull request's making, so all of it is escaped. */
function reportLines({ lines, more }: Report): string {
  const rows = lines.map((line) => `${'  '.repeat(line.depth)}- ${line.heading ? bold(line) : words(line)}`);
  if (more > 0) rows.push(`- … and ${count(more, 'more line')}; the log has all.`);
  return rows.join('\n');
}

function bold(line: ReportLine): string {
  const text = words(line).trim();
  return line.parts.some((part) => part.code) ? text : `**${text}**`;
}

function words({ parts }: ReportLine): string {
  const text = parts.map((part) => (part.code ? code(part.text) : prose(part.text))).join('');
  // What would begin a list of its own, or a line across.
  return text.replace(/^[-=]|^\d{1,9}(?=\.)/, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`));
}
