import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build } from '../src/domain/build.ts';
import type { Deploy } from '../src/domain/deploy.ts';
import { shortCpu, targetName } from '../src/domain/target.ts';
import { size } from '../src/messages/markdown.ts';
import type { RunningBot } from '../test/harness/bot.ts';
import { SOFTWARE, STAGING, type Surroundings } from '../test/harness/surroundings.ts';
import type { Teller } from './terminal.ts';

/** What one walk through the story gave; the shape of `npm run -s demo -- --exit --json`. */
export interface Outcome {
  builds: {
    target: string;
    repository: string;
    state: string;
    artifact: string | null;
    sha256: string | null;
    bytes: number | null;
  }[];
  deploy: { state: string; digest: string; refusedApprovals: number; approvedBy: string | null };
  publication: { revision: number; files: number; path: string } | null;
  timings: { commentToRunningMs: number[]; jobEndToStatusMs: number[]; approvalToIngestMs: number };
  githubRequests: { total: number; perBuild: number };
  statusComment: string;
}

export interface Scene {
  around: Surroundings;
  bot: RunningBot;
  tell: Teller;
  /** Name and version of what the pull request adds; its sources are in the sample repository. */
  software: { name: string; version: string };
  /** Directory names of this run's easystack, so that several runs do not conflict. */
  easystack: string;
}

const MOST_BUILD_MS = 80_000;
const MOST_STEP_MS = 30_000;

/** jo opens a pull request, maria has it built and put up, jo may not approve it, ana does, it is published. */
export async function play({ around, bot, tell, software, easystack }: Scene): Promise<Outcome> {
  const { github } = around;
  const requestsBefore = github.requests.length;
  const full = `${software.name}-${software.version}`;
  const pull = await github.openPullRequest(SOFTWARE, {
    by: 'jo',
    title: `Add ${software.name} ${software.version}`,
    changes: { [easystack]: `easyconfigs:\n  - ${full}.eb\n` },
  });
  tell.line('jo', `opens #${pull.number} "${pull.title}"  (adds ${easystack})`);
  await bot.handled();

  const asked = performance.now();
  const running = bot.buildsReach(['running'], 2);
  await github.comment(SOFTWARE, pull.number, {
    by: 'maria',
    body: 'bot: build arch=zen2\nbot: build for:arch=aarch64/neoverse_n1\n',
  });
  tell.line('maria', 'bot: build arch=zen2  +  bot: build for:arch=aarch64/neoverse_n1');
  const commentToRunningMs = (await running).map(({ at }) => round(at - asked));

  const builds = await statusSays(around, pull.number, 2);
  const settled = await Promise.all(builds.ids.map((id) => bot.build(id)));
  const jobEndToStatusMs = await Promise.all(
    settled.map(async (build, index) => round((builds.shownAt[index] ?? 0) - (await jobEnd(build)))),
  );
  const perBuild = (github.requests.length - requestsBefore) / settled.length;
  for (const build of settled) await tellBuilt(bot, tell, build);

  await github.comment(SOFTWARE, pull.number, { by: 'maria', body: 'bot: deploy' });
  tell.line('maria', 'bot: deploy');
  const deploy = await openDeploy(around, bot, pull.number);
  if (deploy.state.kind !== 'open') throw new Error(`the deploy is ${deploy.state.kind}`);
  const number = deploy.state.pullRequest;
  tell.line(
    'bot',
    `opens ${STAGING}#${number}: ${deploy.artifacts.length} tarballs, digest ${deploy.digest.slice(0, 8)}…`,
  );

  await github.review(STAGING, number, { by: 'jo', state: 'approved' });
  const refusal = await github.waitFor(
    () => github.comments(STAGING, number).find((comment) => comment.body.includes('does not count')),
    { timeoutMs: MOST_STEP_MS, what: 'the refusal of the author’s approval' },
  );
  tell.line('jo', `approves the deploy: refused${reasonOf(refusal.body)}`, 'bad');

  const approved = performance.now();
  const ingesting = bot.deploysReach('ingesting');
  await github.review(STAGING, number, { by: 'ana', state: 'approved' });
  tell.line('ana', `approves ${deploy.digest.slice(0, 8)}…`);
  const approvalToIngestMs = round((await ingesting) - approved);
  await github.waitFor(
    () =>
      github
        .comments(SOFTWARE, pull.number)
        .find((comment) => comment.body.includes('**Published** as revision')),
    {
      timeoutMs: MOST_STEP_MS,
      what: 'the word that it is published',
    },
  );
  const status = await github.waitFor(
    () =>
      github
        .comments(SOFTWARE, pull.number)
        .find((comment) => /### Build of[\s\S]*\*\*Published\*\*/.test(comment.body)),
    { timeoutMs: MOST_STEP_MS, what: 'the status comment with the publication' },
  );
  await github.waitFor(
    () => github.comments(STAGING, number).some((comment) => comment.body.includes('Ingested as revision')),
    {
      timeoutMs: MOST_STEP_MS,
      what: 'the word on the deploy PR',
    },
  );
  const done = await bot.world.records.deploys.get(deploy.id);
  const publication = done?.state.kind === 'published' ? done.state : null;
  if (publication) {
    tell.line(
      'stratum0',
      `revision ${publication.revision} published: ${deploy.artifacts.length} targets, ${publication.files} files`,
      'good',
    );
  }
  const reviews = await bot.world.records.deploys.reviews(deploy.id);
  return {
    builds: settled.map(outcomeOf),
    deploy: {
      state: done?.state.kind ?? 'gone',
      digest: `sha256:${deploy.digest}`,
      refusedApprovals: reviews.filter((review) => !review.accepted).length,
      approvedBy: publication?.approvals.map(({ reviewer }) => reviewer).join(', ') ?? null,
    },
    publication: publication && {
      revision: publication.revision,
      files: publication.files,
      path: publication.path,
    },
    timings: { commentToRunningMs, jobEndToStatusMs, approvalToIngestMs },
    githubRequests: { total: github.requests.length - requestsBefore, perBuild },
    statusComment: status.body,
  };
}

/** Waits until the status comment shows every build as ended; notes when each one's line first did. */
async function statusSays({ github }: Surroundings, number: number, wanted: number) {
  const ids: number[] = [];
  const shownAt: number[] = [];
  await github.waitFor(
    () => {
      const body =
        github.comments(SOFTWARE, number).find((comment) => comment.body.includes('### Build of'))?.body ??
        '';
      const rows = body.split('\n').filter((row) => /^\| (✅|❌|🚫)/u.test(row));
      for (const row of rows) {
        const target = /`([^`]+)`/.exec(row)?.[1] ?? '';
        const id = Number(new RegExp(`- \`${target}\`: build (\\d+)`).exec(body)?.[1]);
        if (ids.includes(id)) continue;
        ids.push(id);
        shownAt.push(Date.now());
      }
      return ids.length === wanted;
    },
    { timeoutMs: MOST_BUILD_MS, what: 'the builds to end' },
  );
  const inOrder = ids.map((id, index) => ({ id, at: shownAt[index] ?? 0 })).sort((a, b) => a.id - b.id);
  return { ids: inOrder.map(({ id }) => id), shownAt: inOrder.map(({ at }) => at) };
}

/** When the job's exit status was written on the node, unix ms. */
async function jobEnd(build: Build): Promise<number> {
  if (!('handle' in build.state) || build.state.handle === null) return Date.now();
  return (await stat(join(build.state.handle.directory, 'exit'))).mtimeMs;
}

async function tellBuilt(bot: RunningBot, tell: Teller, build: Build): Promise<void> {
  const who = shortCpu(build.target.cpu);
  const log = await (await fetch(`${bot.url}/builds/${build.id}/log`)).text();
  const compile = log.split('\n').find((line) => line.startsWith('+ gcc') || /^\+ \S+-gcc /.test(line));
  if (compile) tell.line(who, `▏ ${compile.slice(2, 100)}…`, 'quiet');
  if (build.state.kind !== 'succeeded') return tell.line(who, build.state.kind, 'bad');
  for (const artifact of build.state.artifacts) {
    tell.line(
      who,
      `built  ${size(artifact.bytes)}  sha256 ${artifact.sha256.slice(0, 8)}…  ${artifact.name}`,
      'good',
    );
  }
}

async function openDeploy({ github }: Surroundings, bot: RunningBot, number: number): Promise<Deploy> {
  await github.waitFor(
    () => github.comments(SOFTWARE, number).some((comment) => comment.body.includes('Put up for approval')),
    {
      timeoutMs: MOST_STEP_MS,
      what: 'the deploy PR',
    },
  );
  const [deploy] = await bot.world.records.deploys.ofPullRequest(SOFTWARE, number);
  if (!deploy) throw new Error('there is no deploy');
  return deploy;
}

function outcomeOf(build: Build): Outcome['builds'][number] {
  const artifact = build.state.kind === 'succeeded' ? build.state.artifacts[0] : undefined;
  return {
    target: targetName(build.target),
    repository: build.repository,
    state: build.state.kind,
    artifact: artifact?.name ?? null,
    sha256: artifact?.sha256 ?? null,
    bytes: artifact?.bytes ?? null,
  };
}

function reasonOf(body: string): string {
  const reason = /does not count: ([^\n]*)/.exec(body)?.[1];
  return reason ? `, ${reason.replaceAll(/[\\\u2060]/g, '')}` : '';
}

function round(ms: number): number {
  return Math.round(ms);
}
