import { type Build, testsFailed } from '../domain/build.ts';
import { shortCpu, targetName } from '../domain/target.ts';
import { code, count, details, list, sentence } from './markdown.ts';
import { type Detail, hasLog, logUrl, type StatusView } from './status-view.ts';

/** Targets named for one reason. */
const MOST_NAMES = 6;
/** Logs linked for one reason. */
const MOST_LOGS = 3;

/** Why builds failed, each reason once; the first ones open. */
export function failures(view: StatusView, shown: readonly Build[], detail: Detail): string[] {
  const failed = shown.flatMap((build) =>
    build.state.kind === 'failed' ? [{ build, reason: build.state.failure.sentence }] : [],
  );
  const reasons = [...Map.groupBy(failed, ({ reason }) => reason)].map(([reason, rows]) => {
    const builds = rows.map(({ build }) => build);
    const hint = view.branchAt === null && !view.isOld ? againHint(builds, shown) : '';
    return `**${names(builds, detail)} failed**: ${sentence(reason, detail.reason)}${where(view, builds)}.${hint}`;
  });
  const open = reasons.slice(0, detail.reasons);
  const folded = reasons.slice(detail.reasons, 2 * detail.reasons);
  const more = reasons.length - open.length - folded.length;
  if (folded.length === 0) return open;
  const rest = more > 0 ? [`${count(more, 'more reason')}: the checks name them.`] : [];
  return [
    ...open,
    details(`${count(reasons.length - open.length, 'more reason')}`, [...folded, ...rest].join('\n\n')),
  ];
}

/** The names of failed tests, folded; each list of names once. */
export function failedTests(shown: readonly Build[], detail: Detail): string[] {
  const told = shown.flatMap((build) => {
    const { state } = build;
    const known = testsFailed(build) && state.kind === 'succeeded' ? (state.tests.failedTests ?? []) : [];
    return known.length === 0 ? [] : [{ build, tests: known }];
  });
  if (told.length === 0) return [];
  const lists = [...Map.groupBy(told, ({ tests }) => tests.join(' ')).values()].map((rows) => {
    const [{ tests }] = rows as [(typeof rows)[number]];
    const builds = rows.map(({ build }) => build);
    const first = tests.slice(0, detail.rows).map((name) => code(name, detail.name));
    const more = tests.length - first.length;
    return `- ${names(builds, detail)}: ${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  });
  const room = lists.slice(0, 2 * detail.reasons);
  const rest = lists.length - room.length;
  const body = [...room, ...(rest > 0 ? [`- ${count(rest, 'more target')}: their logs name them`] : [])];
  return [details(`Failed tests of ${count(told.length, 'target')}`, body.join('\n'))];
}

function names(builds: readonly Build[], { name }: Detail): string {
  const shown = builds.slice(0, MOST_NAMES).map((build) => code(targetName(build.target), name));
  const more = builds.length - shown.length;
  return list(more > 0 ? [...shown, `${more} more`] : shown);
}

/** The logs, at the line that says why where one does. */
function where(view: StatusView, builds: readonly Build[]): string {
  const links = builds
    .filter((build) => hasLog(build.state))
    .slice(0, MOST_LOGS)
    .map((build) => {
      const line = build.state.kind === 'failed' ? build.state.failure.line : null;
      const url = logUrl(view, build);
      return line === null ? `[log](${url})` : `[log](${url}#L${line}), line ${line.toLocaleString('en-US')}`;
    });
  return links.length > 0 ? ` (${links.join('; ')})` : '';
}

/** Failures of a commit that no repetition of the same commit mends. */
const NEEDS_COMMIT: readonly string[] = ['conflict', 'source-gone'];

function againHint(failed: readonly Build[], all: readonly Build[]): string {
  if (failed.some(({ state }) => state.kind === 'failed' && NEEDS_COMMIT.includes(state.failure.code)))
    return '';
  const others = all.some((build) => build.state.kind === 'failed' && !failed.includes(build));
  const arches = [...new Set(failed.map((build) => shortCpu(build.target.cpu)))];
  if (others && arches.length > MOST_NAMES) return '';
  const command = others ? `bot: retry arch=${arches.join(',')}` : 'bot: retry';
  return `\n${code(command)} builds ${failed.length === 1 ? 'it' : 'them'} again.`;
}
