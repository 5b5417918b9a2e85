import { type Build, isFinal, testsFailed } from '../domain/build.ts';
import { targetName } from '../domain/target.ts';
import { earlierTries } from '../domain/tries.ts';
import { cell, count, details, inCell, prose, size } from './markdown.ts';
import { type Detail, hasLog, logUrl, type StatusView } from './status-view.ts';
import { sign, tests, took } from './status-words.ts';

/**
 * More builds than this are shown by their states, and all but a few that need somebody are folded away; why they failed
 * comes before their rows.
 */
export const MANY = 16;

/** One row a build; of many builds a table a state. */
export function tables(view: StatusView, shown: readonly Build[], detail: Detail): string[] {
  if (shown.length <= MANY) return [tableOf(view, shown, detail, true)];
  const [first] = shown;
  const oneStack = shown.every(({ repository }) => repository === first?.repository);
  const table = (builds: readonly Build[]) => tableOf(view, builds, detail, !oneStack);
  const groups = Map.groupBy(shown, groupOf);
  const bad = groups.get('bad') ?? [];
  const folded = FOLDED.flatMap(([group, words]) => {
    const builds = groups.get(group) ?? [];
    if (group === 'bad' && builds.length <= MANY) return [];
    return builds.length === 0 ? [] : [details(words(builds), table(builds))];
  });
  return [
    ...(oneStack && first
      ? [`All ${shown.length} builds are for ${prose(stackName(view, first), detail.name)}.`]
      : []),
    ...(bad.length === 0 || bad.length > MANY ? [] : [table(bad)]),
    ...folded,
  ];
}

type Group = 'bad' | 'moving' | 'waiting' | 'cancelled' | 'good';

const FOLDED: readonly [Group, (builds: readonly Build[]) => string][] = [
  ['bad', badWords],
  ['moving', (builds) => `⏳ ${count(builds.length, 'build')} under way`],
  ['waiting', (builds) => `🕓 ${count(builds.length, 'build')} waiting`],
  ['cancelled', (builds) => `🚫 ${count(builds.length, 'build')} cancelled`],
  ['good', (builds) => `✅ ${count(builds.length, 'target')} built`],
];

/** `❌ 9 builds failed, ⚠️ tests failed on 9 targets`. */
function badWords(builds: readonly Build[]): string {
  const tested = builds.filter(testsFailed).length;
  const failed = builds.length - tested;
  return [
    ...(failed > 0 ? [`❌ ${count(failed, 'build')} failed`] : []),
    ...(tested > 0 ? [`⚠️ tests failed on ${count(tested, 'target')}`] : []),
  ].join(', ');
}

function groupOf(build: Build): Group {
  switch (build.state.kind) {
    case 'failed':
      return 'bad';
    case 'succeeded':
      return testsFailed(build) ? 'bad' : 'good';
    case 'queued':
      return 'waiting';
    case 'cancelled':
    case 'cancelling':
      return 'cancelled';
    default:
      return 'moving';
  }
}

function tableOf(view: StatusView, builds: readonly Build[], detail: Detail, stacks: boolean): string {
  const line = (sign: string, target: string, stack: string, ...rest: string[]) =>
    `| ${[sign, target, ...(stacks ? [stack] : []), ...rest].join(' | ')} |`;
  const rows = builds
    .slice(0, detail.rows)
    .map((build) =>
      line(
        sign(build),
        cell(targetName(build.target), detail.name),
        prose(stackName(view, build), detail.name),
        inCell(`${took(build, view.usualMs.get(build.id))}${tryOf(view, build)}`),
        tests(build.state),
        artifact(view, build, detail),
      ),
    );
  const head = line('', 'target', 'for', 'took', 'tests', 'artifact').replace('|  |', '| |');
  const table = [head, line(':-:', '---', '---', '--:', '---', '--:'), ...rows].join('\n');
  const more = builds.length - rows.length;
  return more > 0 ? `${table}\n\n${count(more, 'more target')}: their checks say how they stand.` : table;
}

function stackName(view: StatusView, { repository: id }: Build): string {
  const repository = view.repositories.get(id);
  return repository ? `${repository.name} ${repository.version}` : id;
}

function tryOf({ builds }: StatusView, build: Build): string {
  const earlier = earlierTries(builds, build).length;
  return earlier === 0 || build.state.kind === 'queued' ? '' : `, try ${earlier + 1}`;
}

function artifact(view: StatusView, build: Build, { evidence }: Detail): string {
  if (build.state.kind === 'succeeded') {
    return build.state.artifacts
      .map((ref) => {
        const { url, upload } = view.artifacts.get(ref.id) ?? { url: '', upload: 'stored' };
        if (upload !== 'stored')
          return `${size(ref.bytes)} (${upload === 'removed' ? 'removed' : 'not uploaded'})`;
        return evidence && url !== '' ? `[${size(ref.bytes)}](${url})` : size(ref.bytes);
      })
      .join(', ');
  }
  return hasLog(build.state) ? `[${isFinal(build.state) ? 'log' : 'live log'}](${logUrl(view, build)})` : '';
}
