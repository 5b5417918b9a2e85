/** What must be true in the end, whatever broke on the way: every effect once, every question answered, every row final. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pg from 'pg';
import { verifyChain } from '../../src/store/audit-chain.ts';
import { lookAt } from '../../src/store/existing.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';
import { TARGETS } from './config.ts';
import { ASK_AGAIN, type Diary, spoken } from './story.ts';
import type { ChaosWorld } from './world.ts';

/** What is wrong, in words; empty when everything is as it should be. */
export type Findings = string[];

interface Rows {
  deliveries: { guid: string; state: string; detail: string | null }[];
  requests: { id: number; source: string; pull_request: number }[];
  builds: { id: number; request_id: number; state_kind: string; retry_of: number | null; node: string }[];
  artifacts: { build_id: number; sha256: string; key: string; erased_at: number | null }[];
  deploys: { id: number; source: string; state_kind: string; filed: string | null }[];
  deploy_reviews: { review_id: string; accepted: boolean }[];
  postings: { key: string; remote_id: string | null; body: string | null }[];
  audit: { actor: string; action: string; subject: string }[];
}

const TABLES: Record<keyof Rows, string> = {
  deliveries: 'guid, state, detail',
  requests: 'id, source, pull_request',
  builds: 'id, request_id, state_kind, retry_of, node',
  artifacts: 'build_id, sha256, key, erased_at',
  deploys: 'id, source, state_kind, filed',
  deploy_reviews: 'review_id, accepted',
  postings: 'key, remote_id, body',
  audit: 'actor, action, subject',
};

/** Looks at everything; the bots still run. */
export async function audit(world: ChaosWorld, diary: Diary): Promise<Findings> {
  const databaseUrl = await world.databaseUrl();
  const rows = await readRows(databaseUrl);
  return [
    ...deliveries(world, rows),
    ...answers(world, rows, diary),
    ...jobs(world, rows),
    ...checks(world, rows),
    ...comments(world, rows),
    ...objects(world, rows),
    ...deploys(world, rows, diary),
    ...content(world, rows, diary),
    ...(await chain(databaseUrl)),
    ...world.github.violations.map((one) => `GitHub does not know: ${one}`),
    ...world
      .ownEnds()
      .filter(({ name, wasWell }) => name.startsWith('bot') && wasWell)
      .map(({ name, code, signal }) => `${name} ended by itself: ${code ?? signal}`),
  ];
}

async function readRows(databaseUrl: string): Promise<Rows> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const all: Record<string, unknown> = {};
    for (const [table, columns] of Object.entries(TABLES))
      all[table] = (await client.query(`SELECT ${columns} FROM stratobot.${table} ORDER BY 1, 2`)).rows;
    return all as unknown as Rows;
  } finally {
    await client.end();
  }
}

/** Every webhook that was sent and means something has one row, and is dealt with. */
function deliveries({ github }: ChaosWorld, rows: Rows): Findings {
  const known = new Set(rows.deliveries.map(({ guid }) => guid));
  const sent = github.deliveries.filter(
    ({ event, action }) =>
      (event === 'issue_comment' && action === 'created') ||
      (event === 'pull_request_review' && action === 'submitted') ||
      (event === 'pull_request' && action === 'closed'),
  );
  return [
    ...sent
      .filter(({ guid }) => !known.has(guid))
      .map(({ event, action, guid }) => `lost webhook: ${event}.${action} ${guid}`),
    ...rows.deliveries
      .filter(({ state }) => state !== 'done')
      .map(({ guid, state, detail }) => `delivery ${guid} is ${state}: ${detail}`),
  ];
}

/** Every command has exactly one thing that came of it. */
function answers({ github }: ChaosWorld, rows: Rows, { commands, reviews }: Diary): Findings {
  const findings: Findings = [];
  for (const { id, pull, body } of commands) {
    const source = `comment:${id}`;
    const requests = rows.requests.filter((one) => one.source === source).length;
    const deploys = rows.deploys.filter((one) => one.source === source).length;
    const replies = rows.postings.filter(({ key }) => key.includes(String(id))).length;
    if (requests > 1) findings.push(`${requests} requests for ${body} on #${pull}`);
    if (deploys > 1) findings.push(`${deploys} deploys for ${body} on #${pull}`);
    if (requests + deploys + replies === 0) findings.push(`no answer to ${body} on #${pull}`);
    const asksAgain = rows.postings.some(
      (one) => one.key === `reply:comment:${id}` && ASK_AGAIN.test(one.body ?? ''),
    );
    if (body.startsWith('bot: build') && requests !== (asksAgain ? 0 : 1))
      findings.push(`no request for ${body} on #${pull}`);
  }
  for (const { id, pull, by } of reviews) {
    const counted = rows.deploy_reviews.filter(({ review_id }) => Number(review_id) === id);
    if (counted.length !== 1)
      findings.push(`the review of ${by} on ${STAGING}#${pull} was counted ${counted.length} times`);
    if (by === 'jo' && counted.some(({ accepted }) => accepted))
      findings.push(`the author's approval was accepted`);
  }
  const refusals = github
    .pullRequests(STAGING)
    .flatMap(({ number }) =>
      spoken(github, STAGING, number).filter((body) => body.includes('does not count')),
    );
  const wrong = reviews.filter(({ by }) => by === 'jo').length;
  if (refusals.length !== wrong)
    findings.push(`${refusals.length} refusals for ${wrong} approvals by the author`);
  return findings;
}

/** Each build ran once at most, and once if it succeeded; nothing runs on. */
function jobs({ ledger, jobsDirs }: ChaosWorld, rows: Rows): Findings {
  const findings: Findings = [];
  const told = readFileSync(join(ledger, 'jobs'), 'utf8').split('\n').filter(Boolean);
  for (const { id, state_kind } of rows.builds) {
    const lines = (word: string) => told.filter((line) => line.startsWith(`${word} demo-bot-b${id} `)).length;
    if (lines('began') > 1) findings.push(`build ${id} ran ${lines('began')} times`);
    if (state_kind === 'succeeded' && (lines('began') !== 1 || lines('ended') !== 1))
      findings.push(`build ${id} succeeded, but began ${lines('began')} and ended ${lines('ended')} times`);
    if (!['succeeded', 'failed', 'cancelled'].includes(state_kind))
      findings.push(`build ${id} is ${state_kind}`);
  }
  const known = new Set(rows.builds.map(({ id }) => `demo-bot-b${id}`));
  const folders = jobsDirs.flatMap((folder) => readdirSync(folder));
  findings.push(...folders.filter((name) => !known.has(name)).map((name) => `a job of no build: ${name}`));
  const repeated = rows.builds.flatMap(({ retry_of }) => retry_of ?? []);
  findings.push(...doubles(repeated).map((id) => `build ${id} was repeated twice`));
  return findings;
}

/** One check run for each build, which says what its row says. */
function checks({ github }: ChaosWorld, rows: Rows): Findings {
  const runs = github.checkRuns(SOFTWARE);
  const ids = runs.map(({ externalId, headSha }) => `${externalId} at ${headSha}`);
  const findings = doubles(ids).map((id) => `two checks ${id}`);
  for (const { externalId, status } of runs)
    if (status !== 'completed') findings.push(`the check ${externalId} is ${status}`);
  for (const { id, state_kind } of rows.builds) {
    const run = runs.find(({ externalId }) => externalId === `stratobot:demo-bot:build:${id}`);
    if (run === undefined) findings.push(`build ${id} has no check`);
    else if (run.conclusion !== CONCLUSIONS[state_kind])
      findings.push(`build ${id} is ${state_kind}, its check says ${run.conclusion}`);
  }
  return findings;
}

const CONCLUSIONS: Record<string, string> = {
  succeeded: 'success',
  failed: 'failure',
  cancelled: 'cancelled',
};

/** No two comments for one purpose, and none that was promised is missing. */
function comments({ github }: ChaosWorld, rows: Rows): Findings {
  const findings: Findings = [];
  for (const repo of [SOFTWARE, STAGING]) {
    for (const { number } of github.pullRequests(repo)) {
      const markers = spoken(github, repo, number).flatMap(
        (body) => body.match(/<!-- stratobot:.*? -->/) ?? [],
      );
      findings.push(...doubles(markers).map((marker) => `two comments ${marker} on ${repo}#${number}`));
      const status = spoken(github, repo, number).filter((body) => body.includes('### Build of'));
      if (repo === SOFTWARE && status.length !== 1)
        findings.push(`${status.length} status comments on #${number}`);
    }
  }
  findings.push(
    ...rows.postings
      .filter(({ remote_id }) => remote_id === null)
      .map(({ key }) => `posting ${key} was never written`),
  );
  const issues = github.issues(STAGING).filter(({ author }) => author.endsWith('[bot]'));
  findings.push(...issues.map(({ title }) => `an issue: ${title}`));
  return findings;
}

/** What is in the store is what the rows say, and no other tarball. */
function objects({ objects: folder }: ChaosWorld, rows: Rows): Findings {
  const findings: Findings = [];
  const suffix = '._S3rver_object';
  const stored = new Map(
    filesIn(folder)
      .filter((path) => path.endsWith(`.tar.gz${suffix}`))
      .map((path) => [relative(join(folder, 'artifacts'), path).slice(0, -suffix.length), path]),
  );
  for (const { build_id, key, sha256, erased_at } of rows.artifacts) {
    const path = stored.get(key);
    stored.delete(key);
    if (path === undefined) {
      if (erased_at === null) findings.push(`the artifact of build ${build_id} is not in the store`);
    } else if (createHash('sha256').update(readFileSync(path)).digest('hex') !== sha256)
      findings.push(`the artifact of build ${build_id} has another digest in the store`);
  }
  for (const key of stored.keys()) findings.push(`an object of no artifact: ${key}`);
  const succeeded = rows.builds.filter(({ state_kind }) => state_kind === 'succeeded');
  for (const { id } of succeeded) {
    const own = rows.artifacts.filter(({ build_id }) => build_id === id).length;
    if (own !== 1) findings.push(`build ${id} has ${own} artifacts`);
  }
  return findings;
}

/** Every deploy is at its end, filed where it belongs, and published once where people were told so. */
function deploys({ cvmfs: { cvmfs } }: ChaosWorld, rows: Rows, { published }: Diary): Findings {
  const findings: Findings = [];
  for (const { id, state_kind, filed } of rows.deploys) {
    if (!['published', 'rejected', 'superseded', 'failed'].includes(state_kind))
      findings.push(`deploy ${id} is ${state_kind}`);
    if (state_kind === 'published' && filed !== 'ingested')
      findings.push(`deploy ${id} is filed under ${filed}`);
    const tags = cvmfs.state().tags.filter(({ name }) => name === `stratobot-${id}`).length;
    if (tags !== (state_kind === 'published' ? 1 : 0))
      findings.push(`deploy ${id}, ${state_kind}, has ${tags} tags`);
  }
  const done = rows.deploys.filter(({ state_kind }) => state_kind === 'published').length;
  if (done !== published.length)
    findings.push(`${done} deploys are published, people were told of ${published.length}`);
  const told = rows.audit.filter(({ action }) => action === 'deploy-published');
  findings.push(
    ...doubles(told.map(({ action, subject }) => `${action} ${subject}`)).map(
      (line) => `twice in the audit: ${line}`,
    ),
  );
  return findings;
}

/** The repository has each tool for each target once, as it was built, and nothing else. */
function content(
  { cvmfs: { cvmfs, stateDir }, ledger }: ChaosWorld,
  rows: Rows,
  { published }: Diary,
): Findings {
  const findings: Findings = [];
  const state = cvmfs.state();
  if (state.corrupt) findings.push('the catalog is corrupt');
  // One revision for the joined tarballs of a deploy, one for its catalogs and tag; the repository began with one.
  const wanted = 1 + 2 * published.length;
  if (state.revision !== wanted)
    findings.push(`the repository is at revision ${state.revision}, not ${wanted}`);
  const journals = filesIn(join(stateDir, cvmfs.name));
  if (journals.length > 0) findings.push(`left in the publisher's folder: ${journals.join(', ')}`);
  const expected = new Set(
    published.flatMap(({ tool }) =>
      TARGETS.map((target) => `versions/2025.06/software/linux/${target}/software/${tool}/1.0/bin/${tool}`),
    ),
  );
  const ended = new Set(readFileSync(join(ledger, 'jobs'), 'utf8').split('\n'));
  for (const path of filesIn(cvmfs.mount)) {
    const name = relative(cvmfs.mount, path);
    if (!name.includes('/bin/')) continue;
    if (!expected.delete(name)) findings.push(`nobody asked for ${name}`);
    const [, tool, target, job] =
      /^echo (\S+) for (\S+), built as (\S+)$/.exec(readFileSync(path, 'utf8').trim()) ?? [];
    if (!ended.has(`ended ${job} ${tool} ${target}`)) findings.push(`${name} was built by no job that ended`);
    const build = rows.builds.find(({ id }) => `demo-bot-b${id}` === job);
    if (build?.state_kind !== 'succeeded')
      findings.push(`${name} comes of build ${job}, which is ${build?.state_kind}`);
  }
  for (const name of expected) findings.push(`not published: ${name}`);
  return findings;
}

/** No line of the audit log was lost or changed. */
async function chain(databaseUrl: string): Promise<Findings> {
  const verdict = await lookAt(databaseUrl, (db) => verifyChain(db, null));
  return verdict.kind === 'whole' ? [] : [`the audit log: ${JSON.stringify(verdict)}`];
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function doubles<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
