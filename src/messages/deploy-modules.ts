/** Which modules a deploy brings for which targets, so that what is missing where stands out. */
import { type DeployRow, type Detail, restIn, someNames, targetNames } from './deploy-view.ts';
import { cell, count, details, inCell } from './markdown.ts';

/** Tarballs of one target and stack version, or of several that bring the same modules. */
interface Column {
  names: string[];
  modules: ReadonlySet<string>;
}

/** The matrix; where it would be too wide, a table of what is missing where. Modules that something lacks come first. */
export function moduleMatrix(rows: readonly DeployRow[], detail: Detail): string {
  const targets = columnsOf(rows);
  const all = [...new Set(targets.flatMap(({ modules }) => [...modules]))].sort();
  if (all.length === 0) return 'No tarball brings a module.';
  const groups = isTooWide(targets, detail) ? grouped(targets) : targets;
  const tooWide = isTooWide(groups, detail);
  const lacking = (module: string) => targets.filter(({ modules }) => !modules.has(module));
  const complete = all.filter((module) => lacking(module).length === 0);
  const sorted = [...all.filter((module) => lacking(module).length > 0), ...complete];

  const matrix = (modules: readonly string[]): string => {
    const name = (module: string) => cell(module, detail.name);
    if (tooWide) {
      const lines = modules.map((module) => `| ${name(module)} | ${missingOn(lacking(module), detail)} |`);
      return ['| module | missing on |', '| --- | --- |', ...lines].join('\n');
    }
    const cells = (module: string) =>
      groups.map(({ modules: brought }) => (brought.has(module) ? 'yes' : '**missing**')).join(' | ');
    return [
      `| module | ${groups.map((group) => heading(group, detail)).join(' | ')} |`,
      `| --- | ${groups.map(() => ':-:').join(' | ')} |`,
      ...modules.map((module) => `| ${name(module)} | ${cells(module)} |`),
    ].join('\n');
  };

  const folded = sorted.slice(detail.modules, detail.modules + detail.folded);
  const everywhere = folded.every((module) => lacking(module).length === 0) ? ', there for every target' : '';
  const more = sorted.length - detail.modules - folded.length;
  return [
    matrix(sorted.slice(0, detail.modules)),
    ...(tooWide ? [] : legend(groups, detail)),
    ...(folded.length > 0
      ? [details(`${count(folded.length, 'more module')}${everywhere}`, matrix(folded))]
      : []),
    ...(more > 0 ? [restIn(`${count(more, 'module')} beyond these`)] : []),
  ].join('\n\n');
}

/** Lines that say what is missing, and names in each. */
const MOST_LINES = 10;
const MOST_NAMES = 6;

/** A line for the targets that lack so many modules which others have. */
export function lackingTargets(rows: readonly DeployRow[], detail: Detail): string[] {
  const targets = columnsOf(rows);
  const all = new Set(targets.flatMap(({ modules }) => [...modules]));
  const lacks = ({ modules }: Column) => all.size - modules.size;
  const poor = [
    ...Map.groupBy(
      targets.filter((target) => lacks(target) > 0),
      lacks,
    ),
  ];
  if (poor.length === 0) return [];
  const lines = poor.slice(0, MOST_LINES).map(([lacking, columns]) => {
    const names = columns.flatMap((column) => column.names);
    const some = someNames(names, MOST_NAMES, detail.name);
    const [lack, each] = names.length === 1 ? ['lacks', ''] : ['lack', ' each'];
    return `- ⚠️ ${some} ${lack} ${count(lacking, 'module')}${each} that others have.`;
  });
  const more = poor.slice(MOST_LINES).reduce((sum, [, columns]) => sum + columns.length, 0);
  if (more > 0) lines.push(`- ⚠️ So ${more === 1 ? 'does' : 'do'} ${count(more, 'more target')}.`);
  return [`${lines.join('\n')}\n\n\`bot: drop arch=…\` on the software pull request takes a target out.`];
}

function columnsOf(rows: readonly DeployRow[]): Column[] {
  const name = targetNames(rows);
  return [...Map.groupBy(rows, name)].map(([target, ofTarget]) => ({
    names: [target],
    modules: new Set(ofTarget.flatMap(({ artifact }) => artifact.overview.modules)),
  }));
}

function grouped(targets: readonly Column[]): Column[] {
  const same = Map.groupBy(targets, ({ modules }) => JSON.stringify([...modules].sort()));
  return [...same.values()].flatMap((columns) => {
    const [first] = columns;
    return first ? [{ modules: first.modules, names: columns.flatMap(({ names }) => names) }] : [];
  });
}

/** Whether columns of such names would leave too little of a comment for the modules: what is wider must be scrolled. */
function isTooWide(columns: readonly Column[], detail: Detail): boolean {
  const needed = columns.map((column) => Math.max(12, heading(column, detail).length + 3));
  return needed.reduce((sum, width) => sum + width, 0) > detail.width;
}

function heading({ names }: Column, detail: Detail): string {
  return names.length > 2
    ? count(names.length, 'target')
    : names.map((name) => cell(name, detail.name)).join(', ');
}

/** Which targets a column is of, where its heading only counts them. */
function legend(groups: readonly Column[], detail: Detail): string[] {
  const counted = groups.filter(({ names }) => names.length > 2);
  const lines = counted.map(
    ({ names }) => `${count(names.length, 'target')}: ${someNames(names, detail.tarballs, detail.name)}.`,
  );
  if (counted.every(({ names }) => names.length <= MOST_OPEN)) return lines;
  return [details('Which targets these are', lines.join('\n\n'))];
}

/** Targets that are named below the matrix without being folded away. */
const MOST_OPEN = 12;

function missingOn(columns: readonly Column[], detail: Detail): string {
  if (columns.length === 0) return 'none';
  const names = columns.flatMap((column) => column.names);
  return `**${count(names.length, 'target')}**: ${inCell(someNames(names, 5, detail.name))}`;
}
