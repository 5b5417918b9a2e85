import type { Artifact } from '../../src/domain/artifact.ts';
import type { Build, BuildState, JobHandle, TestOutcome } from '../../src/domain/build.ts';
import type { Deploy, DeployState } from '../../src/domain/deploy.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { ONLY_NODE } from '../../src/domain/placement.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { RepositoryTarget } from '../../src/domain/target.ts';
import type { StatusView } from '../../src/messages/status-view.ts';
import { aDeploy, anArtifact, aRequest, digest } from '../harness/rows.ts';

/** Rows with ids, for messages; a test names only what it is about. */

const MINUTE = 60_000;
/** 14:02 UTC. */
const NOON = Date.UTC(2026, 2, 1, 14, 2);

export const stack: RepositoryTarget = {
  id: 'eessi.io-2025.06-software',
  name: 'software.eessi.io',
  version: '2025.06',
  container: '',
};

export const request: BuildRequest = { ...aRequest({ requestedBy: 'maria' }), id: 7 };

const handle: JobHandle = { node: 'zen2/node-1', directory: '/jobs/1', job: '1:2:3' };
const placement = { pool: 'zen2', node: handle.node, reason: ONLY_NODE, at: NOON };
const tests: TestOutcome = { status: 'SUCCESS', passed: 12, failed: null };
const ran = { startedAt: NOON, endedAt: NOON + 42 * MINUTE };

/** One state of each kind, and those that read differently. */
export const states = {
  queued: { kind: 'queued', since: NOON },
  starting: { kind: 'starting', since: NOON, node: handle.node },
  running: { kind: 'running', startedAt: NOON, handle },
  cancelling: { kind: 'cancelling', at: NOON, by: 'maria', startedAt: NOON, node: handle.node },
  collecting: { kind: 'collecting', ...ran, handle, exit: { kind: 'exited', code: 0 } },
  built: { kind: 'succeeded', ...ran, handle, artifacts: [artifactRef(1)], tests },
  testsFailed: {
    kind: 'succeeded',
    ...ran,
    handle,
    artifacts: [artifactRef(1)],
    tests: { status: 'FAILURE', passed: 11, failed: 1, skipped: 2, failedTests: ['EESSI_GROMACS'] },
  },
  failed: {
    kind: 'failed',
    ...ran,
    handle,
    failure: { ...plainFailure('build', 'build-failed', '`GCC.eb` does not compile'), line: 48_211 },
  },
  conflict: {
    kind: 'failed',
    startedAt: null,
    endedAt: NOON,
    handle: null,
    failure: plainFailure('configuration', 'conflict', 'the pull request does not merge into `main`'),
  },
  cancelled: { kind: 'cancelled', startedAt: NOON, at: NOON + MINUTE, by: 'maria' },
  neverRan: { kind: 'cancelled', startedAt: null, at: NOON + MINUTE, by: 'maria' },
} satisfies Record<string, BuildState>;

function artifactRef(id: number) {
  return { id, name: `eessi-${id}.tar.zst`, sha256: digest(`eessi-${id}.tar.zst`), bytes: 245_366_784 };
}

export function aBuild(state: BuildState, id = 1, cpu = 'x86_64/amd/zen2'): Build {
  return {
    id,
    requestId: request.id,
    target: { os: 'linux', cpu, accelerator: null },
    repository: stack.id,
    pools: ['zen2'],
    placement: 'node' in state || ('handle' in state && state.handle) ? placement : null,
    exports: {},
    retry: null,
    priority: null,
    avoid: [],
    waiting: null,
    state,
    createdAt: NOON,
  };
}

const approvals = [{ reviewer: 'ana', reviewId: 1, commit: 'c'.repeat(40), digest: digest('deploy') }];
const shown = { pullRequest: 12, commit: 'c'.repeat(40) };

export const deployStates = {
  preparing: { kind: 'preparing', since: NOON },
  open: { kind: 'open', since: NOON, ...shown },
  approved: { kind: 'approved', at: NOON, ...shown, approvals },
  ingesting: { kind: 'ingesting', since: NOON, ...shown, approvals },
  published: {
    kind: 'published',
    at: NOON,
    ...shown,
    approvals,
    revision: 4711,
    files: 26_398,
    path: '/cvmfs/software.eessi.io/versions',
  },
  'rolled-back': {
    kind: 'rolled-back',
    at: NOON,
    ...shown,
    from: 4711,
    to: 4710,
    revision: 4712,
    requestedBy: 'maria',
    confirmedBy: 'max',
  },
  rejected: { kind: 'rejected', at: NOON, pullRequest: 12, by: 'ana', reason: 'closed' },
  superseded: { kind: 'superseded', at: NOON, pullRequest: 12, by: 2 },
  failed: {
    kind: 'failed',
    at: NOON,
    pullRequest: 12,
    reason: 'GitHub refused to merge the deploy PR',
    incident: [],
  },
} satisfies Record<string, DeployState>;

export function deployIn(state: DeployState): Deploy {
  return {
    ...aDeploy({ requestedBy: 'maria', author: 'jo', staging: 'o/staging' }),
    differences: null,
    id: 1,
    state,
  };
}

export function artifact(id: number, name: string, overview: Partial<Artifact['overview']> = {}): Artifact {
  const row = anArtifact(id, name);
  return { ...row, id, overview: { ...row.overview, ...overview } };
}

/** What a status comment shows of these builds. */
export const statusView = (builds: readonly Build[], deploys: readonly Deploy[] = []): StatusView => ({
  request,
  builds,
  deploys,
  watches: new Map(),
  branchAt: null,
  isOld: false,
  repositories: new Map([[stack.id, stack]]),
  usualMs: new Map(),
  logLink: (id) => `https://bot.example.org/builds/${id}/log`,
  artifacts: new Map([[1, { url: 'https://artifacts.example.org/1', upload: 'stored' }]]),
});
