/** The tarballs of a deploy, one row each. */
import type { TestOutcome } from '../domain/build.ts';
import { type DeployRow, type DeployView, type Detail, restIn, targetNames } from './deploy-view.ts';
import { cell, code, codeBlock, count, details, html, size } from './markdown.ts';

/** More tarballs than this are folded away, but for those that somebody must look at. */
const MANY = 16;

/** What to judge at a glance. */
export function targetTable(rows: readonly DeployRow[], detail: Detail): string {
  const name = targetNames(rows);
  if (rows.length <= MANY) return tableOf(rows, name, detail);
  const bytes = rows.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
  const files = rows.reduce((sum, { artifact }) => sum + artifact.overview.files, 0);
  const odd = rows.filter((row) => !isPlain(row));
  const plain = rows.filter(isPlain);
  const words = 'whose tests did not pass, or with files outside the prefix';
  return [
    `${count(rows.length, 'tarball')}, ${size(bytes)}, ${count(files, 'file')} in all.`,
    ...(odd.length === 0
      ? []
      : odd.length > MANY
        ? [details(`⚠️ ${count(odd.length, 'tarball')} ${words}`, tableOf(odd, name, detail))]
        : [tableOf(odd, name, detail)]),
    ...(plain.length === 0
      ? []
      : [
          details(
            `${count(plain.length, 'tarball')}: tests passed, nothing outside the prefix`,
            tableOf(plain, name, detail),
          ),
        ]),
  ].join('\n\n');
}

function isPlain({ tests, artifact }: DeployRow): boolean {
  return tests.status === 'SUCCESS' && artifact.overview.outside.count === 0;
}

function tableOf(rows: readonly DeployRow[], name: (row: DeployRow) => string, detail: Detail): string {
  const lines = rows.slice(0, detail.tarballs).map((row) => {
    const { overview, bytes, url } = row.artifact;
    const outside = overview.outside.count === 0 ? 'none' : `**${count(overview.outside.count, 'file')}**`;
    const tarball = detail.links ? `[${size(bytes)}](${url})` : size(bytes);
    const files = overview.files.toLocaleString('en-US');
    return `| ${cell(name(row), detail.name)} | ${tarball} | ${files} | ${size(overview.contentBytes)} | ${testWords(row.tests)} | ${outside} |`;
  });
  return table(
    'target | tarball | files | unpacked | tests | outside the prefix',
    '--- | --: | --: | --: | --- | ---',
    lines,
    rows.length,
  );
}

/** Who built what, where, from which commit. */
export function origins({ deploy, rows }: DeployView, detail: Detail): string {
  const name = targetNames(rows);
  const lines = rows.slice(0, detail.tarballs).map((row) => {
    const { buildId, node, askedBy, artifact } = row;
    return `| ${cell(name(row), detail.name)} | ${buildId} | ${cell(node, detail.name)} | @${askedBy} | ${cell(artifact.name, detail.name)} |`;
  });
  return [
    `Built from commit ${code(deploy.headSha)} of ${deploy.repo}#${deploy.pullRequest}, by @${deploy.author}.`,
    table('target | build | node | asked for by | name', '--- | --: | --- | --- | ---', lines, rows.length),
  ].join('\n\n');
}

/** What is in each tarball. */
export function contents(rows: readonly DeployRow[], detail: Detail): string {
  const parts = rows.slice(0, detail.tarballs).map((row) => contentsOf(row, detail));
  const more = rows.length - parts.length;
  return [...parts, ...(more > 0 ? [restIn(`${count(more, 'tarball')} beyond these`)] : [])].join('\n\n');
}

function contentsOf(row: DeployRow, detail: Detail): string {
  const { overview } = row.artifact;
  const names = (items: readonly string[]) => {
    if (items.length === 0) return 'none';
    const shown = items.slice(0, detail.listed).map((item) => clipped(item, detail.name));
    const more = items.length - shown.length;
    return codeBlock(
      [...shown, ...(more > 0 ? [`… and ${more.toLocaleString('en-US')} more`] : [])].join('\n'),
    );
  };
  const largest = overview.largest.map((file) => `${size(file.bytes).padStart(9)}  ${file.path}`);
  const summary = `<code>${html(row.target)}</code>: ${count(overview.files, 'file')}, ${count(overview.directories, 'directory', 'directories')}, ${count(overview.links, 'link')}`;
  const parts = [`Software:\n\n${names(overview.software)}`, `Largest files:\n\n${names(largest)}`];
  if (overview.outside.count > 0) parts.push(`Outside the prefix:\n\n${names(overview.outside.first)}`);
  return details(summary, parts.join('\n\n'));
}

function clipped(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function table(head: string, form: string, lines: readonly string[], all: number): string {
  const more = all - lines.length;
  const rows = [`| ${head} |`, `| ${form} |`, ...lines].join('\n');
  return more > 0 ? `${rows}\n\n${restIn(`${count(more, 'tarball')} beyond these`)}` : rows;
}

function testWords(tests: TestOutcome): string {
  if (tests.status === 'SKIPPED') return '**skipped**';
  if (tests.status === 'UNKNOWN') return '**no result**';
  if (tests.status === 'FAILURE') return `**failed**${tests.failed === null ? '' : ` (${tests.failed})`}`;
  return tests.passed === null ? 'passed' : `${tests.passed} passed`;
}
