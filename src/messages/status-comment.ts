import { type Build, type BuildState, isFinal } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import type { BuildRequest } from '../domain/request.ts';
import { isUnchanged } from '../domain/software-changes.ts';
import { type RepositoryTarget, shortCpu, targetName } from '../domain/target.ts';
import {
  clockTime,
  code,
  codeBlock,
  count,
  details,
  duration,
  list,
  prose,
  sentence,
  size,
} from './markdown.ts';
import { people } from './people.ts';
import { place } from './place.ts';
import { former, reachSentence } from './reach.ts';
import { softwareHeadline, softwareList } from './software.ts';

/** Everything a status comment shows, as the rows say it. */
export interface StatusView {
  request: BuildRequest;
  builds: readonly Build[];
  /** The head of the branch when it is another commit than the request's; null otherwise. */
  branchAt: string | null;
  /** Deploys of the pull request's head of this request. */
  deploys: readonly Deploy[];
  /** Stratum 1 servers on their way to a deploy's revision, by the deploy's id. */
  watches: ReadonlyMap<number, readonly MirrorWatch[]>;
  repositories: ReadonlyMap<string, RepositoryTarget>;
  /** Where the bot's pages are, without a slash at the end. */
  publicUrl: string;
  /** Where an artifact can be fetched, by its id. */
  artifactUrls: ReadonlyMap<number, string>;
}

/** The one living comment of a request, without its marker. */
export function statusComment(view: StatusView): string {
  const { request, builds } = view;
  const parts = [`### Build of ${code(request.headSha.slice(0, 7))}: ${headline(builds)}`];
  if (view.branchAt !== null) parts.push(olderCommit(request.headSha, view.branchAt));
  parts.push(table(view));
  parts.push(...failures(view));
  parts.push(...view.deploys.map((deploy) => deployLine(deploy, view.watches.get(deploy.id))));
  parts.push(...softwareOf(request));
  parts.push(details(summaryLine(request), folded(view)));
  const next = nextStep(view);
  if (next !== null) parts.push(next);
  return parts.join('\n\n');
}

function olderCommit(built: string, branch: string): string {
  const now = code(branch.slice(0, 7));
  return `**For an older commit**, ${code(built.slice(0, 7))}; the branch is now at ${now}. \`bot: build\` builds what is there now.`;
}

const WORDS: Record<BuildState['kind'], string> = {
  queued: 'waiting',
  starting: 'starting',
  running: 'running',
  cancelling: 'being cancelled',
  collecting: 'being collected',
  succeeded: 'built',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** `4 of 6 targets built, 1 failed, 1 running`; of one build a single word. */
export function headline(builds: readonly Build[]): string {
  const [first, ...others] = builds;
  if (first !== undefined && others.length === 0)
    return testsFailed(first) ? 'built, but tests failed' : WORDS[first.state.kind];
  const tally = (...kinds: BuildState['kind'][]) =>
    builds.filter((build) => kinds.includes(build.state.kind)).length;
  const built = tally('succeeded');
  const parts = [
    built === builds.length
      ? `all ${built} targets built`
      : `${built} of ${count(builds.length, 'target')} built`,
  ];
  const say = (n: number, word: string) => n > 0 && parts.push(`${n} ${word}`);
  say(builds.filter(testsFailed).length, 'with failed tests');
  say(tally('failed'), 'failed');
  say(tally('cancelled', 'cancelling'), 'cancelled');
  say(tally('running', 'starting'), 'running');
  say(tally('collecting'), 'being collected');
  say(tally('queued'), 'waiting');
  return parts.join(', ');
}

export const SIGNS: Record<BuildState['kind'], string> = {
  queued: '🕓',
  starting: '⏳',
  running: '⏳',
  cancelling: '🚫',
  collecting: '📦',
  succeeded: '✅',
  failed: '❌',
  cancelled: '🚫',
};

function table(view: StatusView): string {
  const rows = view.builds.map((build) => {
    const repository = view.repositories.get(build.repository);
    const made = repository ? `${repository.name} ${repository.version}` : build.repository;
    const cells = [
      testsFailed(build) ? '⚠️' : SIGNS[build.state.kind],
      code(targetName(build.target)),
      made,
      took(build),
      tests(build.state),
      artifact(view, build),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| | target | for | took | tests | artifact |',
    '| :-: | --- | --- | --: | --- | --: |',
    ...rows,
  ].join('\n');
}

export function testsFailed({ state }: Build): boolean {
  return state.kind === 'succeeded' && state.tests.status === 'FAILURE';
}

function took({ state, waiting }: Build): string {
  switch (state.kind) {
    case 'queued':
      return waiting === null ? 'waits for a node' : `waits: ${prose(waiting)}`;
    case 'starting':
      return 'starting';
    case 'running':
      if (waiting !== null) return `waits: ${prose(waiting)}`;
      return `since ${clockTime(state.startedAt)}`;
    case 'cancelling':
      return 'being cancelled';
    case 'cancelled':
      return state.startedAt === null
        ? 'cancelled'
        : `cancelled after ${duration(state.at - state.startedAt)}`;
    case 'failed':
      return state.startedAt === null ? 'not started' : duration(state.endedAt - state.startedAt);
    default:
      return duration(state.endedAt - state.startedAt);
  }
}

function tests(state: BuildState): string {
  if (state.kind !== 'succeeded') return '';
  const { status, passed, failed } = state.tests;
  if (status === 'SKIPPED') return 'skipped';
  if (status === 'UNKNOWN') return 'no result';
  if (passed === null) return status === 'SUCCESS' ? 'passed' : '**failed**';
  return failed ? `${passed} passed, **${failed} failed**` : `${passed} passed`;
}

function artifact(view: StatusView, build: Build): string {
  if (build.state.kind === 'succeeded') {
    return build.state.artifacts
      .map((ref) => {
        const url = view.artifactUrls.get(ref.id);
        return url ? `[${size(ref.bytes)}](${url})` : size(ref.bytes);
      })
      .join(', ');
  }
  return hasLog(build.state) ? `[${isFinal(build.state) ? 'log' : 'live log'}](${logUrl(view, build)})` : '';
}

function failures(view: StatusView): string[] {
  const byReason = new Map<string, Build[]>();
  for (const build of view.builds) {
    if (build.state.kind !== 'failed') continue;
    const key = build.state.failure.sentence;
    byReason.set(key, [...(byReason.get(key) ?? []), build]);
  }
  return [...byReason].map(([reason, builds]) => {
    const names = list(builds.map((build) => code(targetName(build.target))));
    const links = builds.filter((build) => hasLog(build.state)).map((build) => failureLink(view, build));
    const where = links.length > 0 ? ` (${links.join('; ')})` : '';
    return `**${names} failed**: ${sentence(reason)}${where}.${view.branchAt === null ? againHint(builds, view.builds) : ''}`;
  });
}

/** The log at the line that says why, where one does. */
function failureLink(view: StatusView, build: Build): string {
  const line = build.state.kind === 'failed' ? build.state.failure.line : null;
  const url = logUrl(view, build);
  return line === null ? `[log](${url})` : `[log](${url}#L${line}), line ${line.toLocaleString('en-US')}`;
}

/** Failures of a commit that no repetition of the same commit mends. */
const NEEDS_COMMIT: readonly string[] = ['conflict', 'source-gone'];

function againHint(failed: readonly Build[], all: readonly Build[]): string {
  if (failed.some(({ state }) => state.kind === 'failed' && NEEDS_COMMIT.includes(state.failure.code)))
    return '';
  const others = all.some((build) => build.state.kind === 'failed' && !failed.includes(build));
  const arches = failed.map((build) => shortCpu(build.target.cpu)).join(',');
  const command = others ? `bot: retry arch=${arches}` : 'bot: retry';
  return `\n${code(command)} builds ${failed.length === 1 ? 'it' : 'them'} again.`;
}

/** Where a deploy stands, in one line. */
export function deployLine(deploy: Deploy, watches: readonly MirrorWatch[] = []): string {
  const where = (number: number | null) => (number === null ? '' : ` in ${deploy.staging}#${number}`);
  const digest = code(shortDigest(deploy.digest));
  const what = `${count(deploy.artifacts.length, 'artifact')}, digest ${digest}`;
  switch (deploy.state.kind) {
    case 'preparing':
      return `**Deploy**: being put up for approval (${what}).`;
    case 'open':
      return `**Deploy**: waits for a second pair of eyes${where(deploy.state.pullRequest)} (${what}, asked for by @${deploy.requestedBy}).`;
    case 'approved':
    case 'ingesting':
      return `**Deploy**: approved by ${people(deploy.state.approvals)}${where(deploy.state.pullRequest)}, being published (${what}).`;
    case 'published':
      return `**Published** as revision ${deploy.state.revision.toLocaleString('en-US')} of ${code(repositoryOf(deploy))}, approved by ${people(deploy.state.approvals)}${where(deploy.state.pullRequest)} (${what}). ${reachSentence(watches)}`.trimEnd();
    case 'rolled-back':
      return `**Taken back**: revision ${deploy.state.from.toLocaleString('en-US')} of ${code(repositoryOf(deploy))} was rolled back by @${deploy.state.requestedBy}, confirmed by @${deploy.state.confirmedBy}. Revision ${deploy.state.revision.toLocaleString('en-US')} has ${former(deploy.state.to)} (${what}).`;
    case 'rejected':
      return `**Deploy** rejected by @${deploy.state.by}${where(deploy.state.pullRequest)} (${sentence(deploy.state.reason)}).`;
    case 'superseded':
      return `**Deploy** ${digest}${where(deploy.state.pullRequest)} was replaced by a newer one.`;
    case 'failed':
      return `**Deploy failed**${where(deploy.state.pullRequest)}: ${sentence(deploy.state.reason)}.`;
  }
}

function softwareOf({ software }: BuildRequest): string[] {
  if (software === null || isUnchanged(software)) return [];
  return [details(`Software: ${softwareHeadline(software)}`, softwareList(software))];
}

function summaryLine(request: BuildRequest): string {
  const commands = request.commands.map(
    (command) =>
      `<code>${command.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code>`,
  );
  return `Asked for by @${request.requestedBy}: ${commands.join(' ')}`;
}

function folded(view: StatusView): string {
  const rows = view.builds.flatMap((build) => {
    const line = `- ${code(targetName(build.target))}: build ${build.id}, ${place(build)}${hasLog(build.state) ? `, [log](${logUrl(view, build)})` : ''}`;
    const digests =
      build.state.kind === 'succeeded'
        ? build.state.artifacts.map((ref) => `${ref.sha256}  ${ref.name}`).join('\n')
        : '';
    return digests === '' ? [line] : [line, indented(codeBlock(digests))];
  });
  return [
    `Commit ${code(view.request.headSha)} merged into ${code(view.request.baseRef)}.`,
    rows.join('\n'),
  ].join('\n\n');
}

/** As part of the list item above it. */
function indented(block: string): string {
  return block.replaceAll(/^/gm, '  ');
}

function nextStep(view: StatusView): string | null {
  if (view.branchAt !== null) return null;
  if (
    view.deploys.some(
      (deploy) => !['rejected', 'failed', 'superseded', 'rolled-back'].includes(deploy.state.kind),
    )
  )
    return null;
  const built = view.builds.filter((build) => build.state.kind === 'succeeded').length;
  if (view.builds.every((build) => isFinal(build.state))) {
    return built > 0 ? '`bot: deploy` puts what is built up for approval.' : null;
  }
  return 'When all are built, `bot: deploy` puts them up for approval.';
}

/** `sha256:9f2c41…d0`: enough of a digest to compare by eye. */
export function shortDigest(digest: string): string {
  return `sha256:${digest.slice(0, 8)}…${digest.slice(-4)}`;
}

/** The CernVM-FS repository of a deploy. */
export function repositoryOf(deploy: Deploy): string {
  return deploy.artifacts[0]?.repository ?? '';
}

/** A build that never ran has none. */
function hasLog(state: BuildState): boolean {
  return state.kind !== 'queued' && state.kind !== 'starting' && state.startedAt !== null;
}

function logUrl(view: StatusView, build: Build): string {
  return `${view.publicUrl}/builds/${build.id}/log`;
}
