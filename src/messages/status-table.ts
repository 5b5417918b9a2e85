import { type Build, isFinal, testsFailed } from '../domain/build.ts';
import { targetName } from '../domain/target.ts';
import { earlierTries } from '../domain/tries.ts';
import { cell, count, details, inCell, prose, size } from './markdown.ts';
import { type Detail, hasLog, logUrl, type StatusView } from './status-view.ts';
import { sign, tests, took } from './status-words.ts';

/** More builds than this are shown by their states, those that need nobody folded away. */
const MANY = 16;

/** One row a build; of many builds a table a state. */
export function tables(view: StatusView, shown: readonly Build[], detail: Detail): string[] {
  const table = (builds: readonly Build[]) => tableOf(view, builds, detail);
  if (shown.length <= MANY) return [table(shown)];
  const groups = Map.groupBy(shown, groupOf);
  const bad = groups.get('bad') ?? [];
  const folded = FOLDED.flatMap(([group, words]) => {
    const builds = groups.get(group) ?? [];
    return builds.length === 0 ? [] : [details(words(builds.length), table(builds))];
  });
  return [...(bad.length === 0 ? [] : [table(bad)]), ...folded];
}

type Group = 'bad' | 'moving' | 'waiting' | 'cancelled' | 'good';

const FOLDED: readonly [Group, (n: number) => string][] = [
  ['moving', (n) => `⏳ ${count(n, 'build')} under way`],
  ['waiting', (n) => `🕓 ${count(n, 'build')} waiting`],
  ['cancelled', (n) => `🚫 ${count(n, 'build')} cancelled`],
  ['good', (n) => `✅ ${count(n, 'target')} built`],
];

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

function tableOf(view: StatusView, builds: readonly Build[], detail: Detail): string {
  const rows = builds.slice(0, detail.rows).map((build) => {
    const cells = [
      sign(build),
      cell(targetName(build.target), detail.name),
      prose(stackName(view, build), detail.name),
      inCell(`${took(build, view.usualMs.get(build.id))}${tryOf(view, build)}`),
      tests(build.state),
      artifact(view, build, detail),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = [
    '| | target | for | took | tests | artifact |',
    '| :-: | --- | --- | --: | --- | --: |',
    ...rows,
  ].join('\n');
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
