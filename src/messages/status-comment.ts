import { type Build, isFinal, testsFailed } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import type { BuildRequest } from '../domain/request.ts';
import { isUnchanged } from '../domain/software-changes.ts';
import { targetName } from '../domain/target.ts';
import { comingTry, earlierTries, newestTries } from '../domain/tries.ts';
import { deployLine, deployWords } from './deploy-line.ts';
import { jobReports } from './job-report.ts';
import { code, codeBlock, count, details, html, list, plain, sentence } from './markdown.ts';
import { place } from './place.ts';
import { softwareHeadline, softwareList } from './software.ts';
import { failedTests, failures } from './status-failures.ts';
import { MANY, tables } from './status-table.ts';
import { type Detail, hasLog, logUrl, type StatusView } from './status-view.ts';
import { headline, sign } from './status-words.ts';

/** Room for the marker, below GitHub's limit of 65,536 characters. */
const ROOM = 65_000;

/** From all there is to what always fits. */
const DETAILS: readonly [Detail, ...Detail[]] = [
  { rows: 200, name: 200, reasons: 5, reason: 1000, evidence: true, reports: true },
  { rows: 200, name: 200, reasons: 5, reason: 1000, evidence: true, reports: false },
  { rows: 200, name: 100, reasons: 5, reason: 500, evidence: false, reports: false },
  { rows: 60, name: 60, reasons: 3, reason: 200, evidence: false, reports: false },
];
const LEAST: Detail = { rows: 20, name: 40, reasons: 2, reason: 100, evidence: false, reports: false };

/** The one living comment of a request, without its marker. What is too much for a comment is left out in whole rows. */
export function statusComment(view: StatusView): string {
  for (const detail of DETAILS) {
    const text = render(view, detail);
    if (text.length <= ROOM) return text;
  }
  return render(view, LEAST);
}

function render(view: StatusView, detail: Detail): string {
  const { request } = view;
  const shown = newestTries(view.builds).map((build) => comingTry(view.builds, build));
  const parts = [`### Build of ${code(request.headSha.slice(0, 7))}: ${headline(shown)}`];
  if (view.branchAt !== null) parts.push(olderCommit(request.headSha, view.branchAt));
  parts.push(...deployLines(view, detail));
  const rows = tables(view, shown, detail);
  const reasons = [...failures(view, shown, detail), ...failedTests(shown, detail)];
  // Why it is not good is on the first screen, however many rows there are.
  parts.push(...(shown.length > MANY ? [...reasons, ...rows] : [...rows, ...reasons]));
  if (detail.reports) parts.push(...jobReports(shown));
  parts.push(...softwareOf(request, detail));
  parts.push(details(askedFor(request), folded(view, shown, detail)));
  const next = nextStep(view, shown);
  if (next !== null) parts.push(next);
  const text = parts.join('\n\n');
  const done = shown.every(({ state }) => isFinal(state));
  return view.isOld && done ? details(summary(view, shown), text) : text;
}

/** Targets that are named in one line. */
const FEW = 3;

/** All there is to say of a request that a newer one followed, in one line; inside HTML. */
function summary(view: StatusView, shown: readonly Build[]): string {
  const order = ['❌', '⚠️', '🚫'];
  const worst = order.find((one) => shown.some((build) => sign(build) === one)) ?? '✅';
  const commit = `<code>${html(view.request.headSha.slice(0, 7))}</code>`;
  const deployed = view.deploys.flatMap((deploy) => deployWords(deploy) ?? []).at(-1);
  const targets = new Set(shown.map(({ target }) => targetName(target)));
  const names = [...targets].map((name) => `<code>${html(plain(name, 60))}</code>`);
  const what = names.length > FEW ? '' : ` for ${list(names)}`;
  const parts = [`${worst} Build of ${commit}${what}: ${headline(shown)}`];
  if (deployed !== undefined) parts.push(deployed);
  return `${parts.join(', ')} · ${view.branchAt === null ? 'a newer one is below' : 'an older commit'}`;
}

function olderCommit(built: string, branch: string): string {
  const now = code(branch.slice(0, 7));
  return `**For an older commit**, ${code(built.slice(0, 7))}; the branch is now at ${now}. \`bot: build arch=…\` builds what is there now.`;
}

/** States in which a deploy came to nothing. */
const NOTHING: readonly Deploy['state']['kind'][] = ['rejected', 'failed', 'superseded', 'rolled-back'];

/** Deploys that stand open: the newest ones. */
const OPEN_DEPLOYS = 3;
/** Deploys named at all. */
const MOST_DEPLOYS = 15;

function deployLines({ deploys, watches }: StatusView, detail: Detail): string[] {
  const line = (deploy: Deploy) => deployLine(deploy, watches.get(deploy.id), detail.reason);
  const standing = deploys.filter(
    (deploy) => deploy === deploys.at(-1) || !NOTHING.includes(deploy.state.kind),
  );
  const open = standing.slice(-OPEN_DEPLOYS);
  const earlier = deploys.filter((deploy) => !open.includes(deploy)).slice(-MOST_DEPLOYS);
  const folded = earlier.map((deploy) => `- ${line(deploy)}`).join('\n');
  return [
    ...open.map(line),
    ...(earlier.length === 0 ? [] : [details(count(earlier.length, 'earlier deploy'), folded)]),
  ];
}

function softwareOf({ software }: BuildRequest, { evidence }: Detail): string[] {
  if (software === null || isUnchanged(software)) return [];
  const title = `Software: ${softwareHeadline(software)}`;
  return [evidence ? details(title, softwareList(software)) : `${title}.`];
}

/** Commands shown, and characters of each. */
const MOST_COMMANDS = 5;
const LONGEST_COMMAND = 200;

function askedFor({ commands, requestedBy }: BuildRequest): string {
  const shown = commands
    .slice(0, MOST_COMMANDS)
    .map((command) => `<code>${html(plain(command, LONGEST_COMMAND))}</code>`);
  const more = commands.length - shown.length;
  return `Asked for by @${requestedBy}: ${shown.join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function folded(view: StatusView, shown: readonly Build[], detail: Detail): string {
  const commit = `Commit ${code(view.request.headSha)} merged into ${code(view.request.baseRef)}.`;
  if (!detail.evidence) return `${commit} The checks of the commit name jobs and digests.`;
  const rows = shown.flatMap((build) => {
    const log = hasLog(build.state) ? `, [log](${logUrl(view, build)})` : '';
    const line = `- ${code(targetName(build.target))}: build ${build.id}, ${place(build)}${log}`;
    const digests =
      build.state.kind === 'succeeded'
        ? build.state.artifacts.map((ref) => `${ref.sha256}  ${ref.name}`).join('\n')
        : '';
    const block = digests === '' ? [] : [indented(codeBlock(digests))];
    return [line, ...block, ...earlierTries(view.builds, build).map((one) => `  - ${failedTry(view, one)}`)];
  });
  return [commit, rows.join('\n')].join('\n\n');
}

function failedTry(view: StatusView, build: Build): string {
  const log = hasLog(build.state) ? ` ([log](${logUrl(view, build)}))` : '';
  const why = build.state.kind === 'failed' ? `: ${sentence(build.state.failure.sentence, 300)}` : '';
  return `before, build ${build.id} ${headline([build])}${why}${log}`;
}

/** As part of the list item above it. */
function indented(block: string): string {
  return block.replaceAll(/^/gm, '  ');
}

function nextStep(
  { branchAt, isOld, deploys, artifacts }: StatusView,
  shown: readonly Build[],
): string | null {
  if (branchAt !== null || isOld) return null;
  if (deploys.some(({ state }) => !NOTHING.includes(state.kind))) return null;
  if (!shown.every(({ state }) => isFinal(state)))
    return 'When all are built, `bot: deploy` puts them up for approval.';
  if (shown.some(testsFailed))
    return 'Failed tests stop a deploy: mend them and build again, or say why they do not matter with `bot: deploy --despite-tests="why"`.';
  const built = shown.some(
    ({ state }) =>
      state.kind === 'succeeded' &&
      state.artifacts.every(({ id }) => (artifacts.get(id)?.upload ?? 'stored') === 'stored'),
  );
  return built ? '`bot: deploy` puts what is built up for approval.' : null;
}
