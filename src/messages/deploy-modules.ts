/** Which modules a deploy brings for which targets, so that what is missing where stands out. */
import { type DeployRow, type Detail, restIn, someNames, targetNames } from './deploy-view.ts';
import { cell, code, count, details, inCell } from './markdown.ts';

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
  const groups = targets.length > detail.columns ? grouped(targets) : targets;
  const lacking = (module: string) => targets.filter(({ modules }) => !modules.has(module));
  const complete = all.filter((module) => lacking(module).length === 0);
  const sorted = [...all.filter((module) => lacking(module).length > 0), ...complete];

  const matrix = (modules: readonly string[]): string => {
    const name = (module: string) => cell(module, detail.name);
    if (groups.length > detail.columns) {
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
  const more = sorted.length - detail.modules - folded.length;
  return [
    matrix(sorted.slice(0, detail.modules)),
    ...(groups.length <= detail.columns ? legend(groups, detail) : []),
    ...(folded.length > 0 ? [details(count(folded.length, 'more module'), matrix(folded))] : []),
    ...(more > 0 ? [restIn(`${count(more, 'module')} beyond these`)] : []),
  ].join('\n\n');
}

/** A line for every target that lacks modules which others have. */
export function lackingTargets(rows: readonly DeployRow[], detail: Detail): string[] {
  const targets = columnsOf(rows);
  const all = new Set(targets.flatMap(({ modules }) => [...modules]));
  const poor = targets.filter(({ modules }) => modules.size < all.size);
  if (poor.length === 0) return [];
  const lines = poor.slice(0, Math.min(10, detail.tarballs)).map(({ names, modules }) => {
    const target = names.map((name) => code(name, detail.name)).join();
    return `- ⚠️ ${target} lacks ${count(all.size - modules.size, 'module')} that others have.`;
  });
  if (poor.length > lines.length)
    lines.push(`- ⚠️ So do ${count(poor.length - lines.length, 'more target')}.`);
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

function heading({ names }: Column, detail: Detail): string {
  return names.length > 2
    ? count(names.length, 'target')
    : names.map((name) => cell(name, detail.name)).join(', ');
}

/** Which targets a column is of, where its heading only counts them. */
function legend(groups: readonly Column[], detail: Detail): string[] {
  return groups
    .filter(({ names }) => names.length > 2)
    .map(
      ({ names }) => `${count(names.length, 'target')}: ${someNames(names, detail.tarballs, detail.name)}.`,
    );
}

function missingOn(columns: readonly Column[], detail: Detail): string {
  if (columns.length === 0) return 'none';
  const names = columns.flatMap((column) => column.names);
  return `**${count(names.length, 'target')}**: ${inCell(someNames(names, 5, detail.name))}`;
}
