import type { Artifact } from '../domain/artifact.ts';
import type { TestOutcome } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import { repositoryOf, shortDigest } from './deploy-line.ts';
import { cell, code, codeBlock, count, details, html, prose, size } from './markdown.ts';
import { testNames } from './test-names.ts';

/** One artifact as the reviewer of a deploy sees it. */
interface DeployRow {
  target: string;
  artifact: Artifact;
  tests: TestOutcome;
  pool: string;
  buildId: number;
}

export interface DeployView {
  deploy: Deploy;
  rows: readonly DeployRow[];
  /** Who may approve, in words, from whoMay(). */
  approvers: string;
  /** Approvals by different people that it takes. */
  needed: number;
}

/** Rows of the module matrix shown before it is folded. */
const OPEN_MODULES = 40;
/** Names shown in one list of a tarball's contents. */
const LISTED = 60;

/** Title of a deploy PR. */
export function deployTitle(view: DeployView): string {
  const { deploy } = view;
  return `Ingest ${count(deploy.artifacts.length, 'tarball')} into ${repositoryOf(deploy)} (${deploy.repo}#${deploy.pullRequest})`;
}

/** Body of a deploy PR: what would enter, so that a second person can judge it. */
export function deployBody(view: DeployView): string {
  const { deploy, rows } = view;
  return [
    `### Ingest ${count(rows.length, 'tarball')} into ${code(repositoryOf(deploy))} (${deploy.repo}#${deploy.pullRequest}, commit ${code(deploy.headSha.slice(0, 7))})`,
    `Asked for by @${deploy.requestedBy}. **Approving this pull request publishes these bytes**: digest ${code(shortDigest(deploy.digest))}. ` +
      `It takes ${view.needed === 1 ? 'one approval' : `${view.needed} approvals`} from ${prose(view.approvers)}, not by @${deploy.requestedBy}${deploy.author === deploy.requestedBy ? '' : ` and not by the author @${deploy.author}`}. Closing it rejects the deploy; merging it by hand publishes nothing.`,
    ...(deploy.rebuild ? ['**A rebuild**: files that are published already may be replaced.'] : []),
    ...despiteTests(view),
    moduleMatrix(rows),
    targetTable(rows),
    ...missing(rows),
    details('Contents of each tarball', rows.map(contents).join('\n\n')),
    details(
      'Digests',
      codeBlock(
        [
          `deploy  ${deploy.digest}`,
          ...rows.map((row) => `${row.artifact.sha256}  ${row.artifact.name}`),
        ].join('\n'),
      ),
    ),
  ].join('\n\n');
}

/** Who says that failed tests do not matter, and why; nothing where those targets were dropped since. */
function despiteTests({ deploy, rows }: DeployView): string[] {
  const failed = rows.filter(({ tests }) => tests.status === 'FAILURE');
  if (deploy.despiteTests === null || failed.length === 0) return [];
  const { by, reason } = deploy.despiteTests;
  const names = failed.map(({ target, tests }) => `- ${code(target)}: ${testNames(tests)}`);
  return [
    `⚠️ **Tests failed on ${count(failed.length, 'target')}.** @${by} asks for this deploy despite that: “${prose(reason)}”`,
    details('Which tests failed', names.join('\n')),
  ];
}

function moduleMatrix(rows: readonly DeployRow[]): string {
  const modules = [...new Set(rows.flatMap((row) => row.artifact.overview.modules))].sort();
  if (modules.length === 0) return 'No tarball brings a module.';
  const head = `| module | ${rows.map((row) => code(row.target)).join(' | ')} |\n| --- | ${rows.map(() => ':-:').join(' | ')} |`;
  const line = (module: string) =>
    `| ${cell(module)} | ${rows.map((row) => (row.artifact.overview.modules.includes(module) ? 'yes' : '**missing**')).join(' | ')} |`;
  const matrix = (names: string[]) => [head, ...names.map(line)].join('\n');
  if (modules.length <= OPEN_MODULES) return matrix(modules);
  const shown = modules.slice(0, OPEN_MODULES);
  return `${matrix(shown)}\n\n${modules.length - shown.length} more modules are in the tarballs; the metadata files of this pull request name all of them.`;
}

function targetTable(rows: readonly DeployRow[]): string {
  const lines = rows.map((row) => {
    const { overview } = row.artifact;
    const outside = overview.outside.count === 0 ? 'none' : `**${count(overview.outside.count, 'file')}**`;
    return `| ${code(row.target)} | ${size(row.artifact.bytes)} | ${overview.files.toLocaleString('en-US')} | ${testWords(row.tests)} | ${outside} | [${code(row.artifact.name)}](${row.artifact.url}) |`;
  });
  return [
    '| target | size | files | tests | outside the prefix | tarball |',
    '| --- | --: | --: | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function testWords(tests: TestOutcome): string {
  if (tests.status === 'SKIPPED') return '**skipped**';
  if (tests.status === 'UNKNOWN') return '**no result**';
  if (tests.status === 'FAILURE') return `**failed**${tests.failed === null ? '' : ` (${tests.failed})`}`;
  return tests.passed === null ? 'passed' : `${tests.passed} passed`;
}

function missing(rows: readonly DeployRow[]): string[] {
  const all = new Set(rows.flatMap((row) => row.artifact.overview.modules));
  return rows.flatMap((row) => {
    const lacks = all.size - row.artifact.overview.modules.length;
    return lacks > 0 ? [`⚠ ${code(row.target)} lacks ${count(lacks, 'module')} that others have.`] : [];
  });
}

function contents(row: DeployRow): string {
  const { overview } = row.artifact;
  const names = (items: readonly string[]) =>
    items.length === 0
      ? 'none'
      : codeBlock(
          [
            ...items.slice(0, LISTED),
            ...(items.length > LISTED ? [`… and ${items.length - LISTED} more`] : []),
          ].join('\n'),
        );
  const largest = overview.largest.map((file) => `${size(file.bytes).padStart(9)}  ${file.path}`);
  const parts = [
    `**${code(row.target)}**: build ${row.buildId}, pool ${code(row.pool)}, ${count(overview.files, 'file')}, ${count(overview.directories, 'directory', 'directories')}, ${count(overview.links, 'link')}, ${size(overview.contentBytes)} unpacked`,
    `Software:\n\n${names(overview.software)}`,
    `Largest files:\n\n${names(largest)}`,
  ];
  if (overview.outside.count > 0) {
    parts.push(`Outside the prefix of ${html(row.target)}:\n\n${names(overview.outside.first)}`);
  }
  return parts.join('\n\n');
}
