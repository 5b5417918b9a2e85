import { outsidersOf } from '../domain/deploy.ts';
import { repositoryOf, shortDigest } from './deploy-line.ts';
import { lackingTargets, moduleMatrix } from './deploy-modules.ts';
import { signers } from './deploy-signers.ts';
import { contents, origins, targetTable } from './deploy-tarballs.ts';
import { type DeployView, type Detail, OVERVIEW_FILE, restIn } from './deploy-view.ts';
import { code, codeBlock, count, details, html, prose } from './markdown.ts';
import { testNames } from './test-names.ts';

/** Below GitHub's limit of 65,536 characters for the body of a pull request. */
const ROOM = 65_000;

const ALL: Detail = {
  width: Infinity,
  modules: 100_000,
  folded: 0,
  tarballs: 100_000,
  name: 500,
  listed: 100_000,
  replaced: 100_000,
  links: true,
};
/** From what is good to read to what always fits. */
const DETAILS: readonly Detail[] = [
  { width: 85, modules: 20, folded: 180, tarballs: 200, name: 200, listed: 60, replaced: 200, links: true },
  { width: 85, modules: 20, folded: 120, tarballs: 100, name: 120, listed: 5, replaced: 50, links: true },
  { width: 85, modules: 20, folded: 80, tarballs: 100, name: 80, listed: 0, replaced: 20, links: false },
];
const LEAST: Detail = {
  ...{ width: 85, modules: 15, folded: 0, tarballs: 25, name: 40, listed: 0, replaced: 5, links: false },
};

/** Title of a deploy PR. */
export function deployTitle({ deploy }: DeployView): string {
  return `Ingest ${count(deploy.artifacts.length, 'tarball')} into ${repositoryOf(deploy)} (${deploy.repo}#${deploy.pullRequest})`;
}

/** Body of a deploy PR: what would enter, so that a second person can judge it; always within GitHub's limit. */
export function deployBody(view: DeployView): string {
  for (const detail of DETAILS) {
    const text = render(view, detail);
    if (text.length <= ROOM) return text;
  }
  return render(view, LEAST);
}

/** The same with nothing left out: the file of the deploy PR that its body points to. */
export function deployOverview(view: DeployView): string {
  return `${render(view, ALL)}\n`;
}

function render(view: DeployView, detail: Detail): string {
  const { deploy, rows, instance } = view;
  const others = outsidersOf(deploy).map((login) =>
    login.toLowerCase() === deploy.author.toLowerCase() && login !== deploy.requestedBy
      ? `not by the author @${login}`
      : `not by @${login}`,
  );
  const approvals = view.needed === 1 ? 'one approval' : `${view.needed} approvals`;
  return [
    `### Ingest ${count(rows.length, 'tarball')} into ${code(repositoryOf(deploy))} (${deploy.repo}#${deploy.pullRequest}, commit ${code(deploy.headSha.slice(0, 7))})`,
    `Asked for by @${deploy.requestedBy}. **Approving this pull request publishes these bytes**: digest ${code(shortDigest(deploy.digest))}. ` +
      `It takes ${approvals} from ${prose(view.approvers)}, ${others.join(' and ')}. Closing it rejects the deploy; merging it by hand publishes nothing.`,
    ...despiteTests(view, detail),
    ...differences(view, detail),
    ...lackingTargets(rows, detail),
    moduleMatrix(rows, detail),
    targetTable(rows, detail),
    signers(rows),
    ...(detail.listed > 0 ? [details('Contents of each tarball', contents(rows, detail))] : []),
    details(`Who built them, and where: instance <code>${html(instance)}</code>`, origins(view, detail)),
    details('Digests', digests(view, detail)),
    ...(detail === ALL
      ? []
      : [
          `${code(OVERVIEW_FILE)} among the files of this pull request has all of it; the metadata of each tarball is beside it.`,
        ]),
  ].join('\n\n');
}

/** Who says that failed tests do not matter, and why; nothing where those targets were dropped since. */
function despiteTests({ deploy, rows }: DeployView, detail: Detail): string[] {
  const failed = rows.filter(({ tests }) => tests.status === 'FAILURE');
  if (deploy.despiteTests === null || failed.length === 0) return [];
  const { by, reason } = deploy.despiteTests;
  const named = detail.listed === 0 ? [] : failed.slice(0, detail.tarballs);
  const names = named.map(({ target, tests }) => `- ${code(target, detail.name)}: ${testNames(tests)}`);
  return [
    `⚠️ **Tests failed on ${count(failed.length, 'target')}.** @${by} asks for this deploy despite that: “${prose(reason)}”`,
    ...(names.length > 0 ? [details('Which tests failed', names.join('\n'))] : []),
  ];
}

/** What publishing would change in the repository. */
function differences({ deploy }: DeployView, detail: Detail): string[] {
  const found = deploy.differences;
  const rebuild = deploy.rebuild
    ? ['⚠️ **A rebuild**: files that are published already may be replaced.']
    : [];
  if (found === null) return rebuild;
  const { added, identical, replaced, layers } = found;
  const parts = [count(added, 'new file')];
  if (replaced.count > 0) parts.push(`**${count(replaced.count, 'replaced file')}**`);
  if (identical > 0) parts.push(`${count(identical, 'file')} there already, byte for byte`);
  const shown = replaced.first.slice(0, detail.replaced);
  const more = replaced.count - shown.length;
  return [
    ...rebuild,
    `In ${code(repositoryOf(deploy))}: ${parts.join(', ')}.`,
    ...layers.map(
      (layer) =>
        `⚠️ **The compatibility layer ${code(layer)} is replaced**; the one that is there is moved aside.`,
    ),
    ...(shown.length > 0
      ? [
          details(
            `What is replaced: ${count(replaced.count, 'file')}`,
            [
              codeBlock(shown.join('\n')),
              ...(more > 0
                ? [
                    detail === ALL
                      ? `And ${more.toLocaleString('en-US')} more.`
                      : restIn(`${count(more, 'file')} beyond these`),
                  ]
                : []),
            ].join('\n\n'),
          ),
        ]
      : []),
  ];
}

function digests({ deploy, rows }: DeployView, detail: Detail): string {
  const lines = rows.slice(0, detail.tarballs).map(({ artifact }) => `${artifact.sha256}  ${artifact.name}`);
  const more = rows.length - lines.length;
  const block = codeBlock([`${deploy.digest}  the deploy, as it is approved`, ...lines].join('\n'));
  return more > 0 ? `${block}\n\n${restIn(`${count(more, 'tarball')} beyond these`)}` : block;
}
