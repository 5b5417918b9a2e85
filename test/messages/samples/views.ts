/** What the sentences are told in these samples; a value of outside goes through `o`. */
import type { Build, BuildState } from '../../../src/domain/build.ts';
import type { Deploy, DeployState } from '../../../src/domain/deploy.ts';
import type { NodeNow } from '../../../src/domain/node-now.ts';
import type { MirrorWatch } from '../../../src/domain/publication.ts';
import type { Understood } from '../../../src/domain/pull-changes.ts';
import type { Rollback, RollbackState } from '../../../src/domain/rollback.ts';
import type { DeployRow, DeployView } from '../../../src/messages/deploy-view.ts';
import { aBuild, artifact, deployIn, deployStates, stack, states } from '../rows.ts';
import type { Outside } from './sample.ts';

const MINUTE = 60_000;
export const NOON = Date.UTC(2026, 2, 1, 14, 2);
export const HEAD = 'a1b2c3d'.padEnd(40, '0');

export const zen2 = (state: BuildState = states.built) => aBuild(state);
export const n1 = (state: BuildState = states.running) => aBuild(state, 2, 'aarch64/neoverse_n1');

/** A failure whose reason and log come from what was built. */
export const failedState = (o: Outside): BuildState => ({
  ...states.failed,
  failure: {
    ...states.failed.failure,
    sentence: o("error: unrecognized command-line option '-mavx2'"),
    excerpt: [o('gcc -mavx2 main.c'), o("error: unrecognized command-line option '-mavx2'")],
  },
});

/** Built, with an artifact named by the pull request's scripts, and a test that failed. */
export const testsFailedState = (o: Outside): BuildState => ({
  ...states.testsFailed,
  artifacts: states.testsFailed.artifacts.map((ref) => ({ ...ref, name: o(ref.name) })),
  tests: { ...states.testsFailed.tests, failedTests: [o('EESSI_GROMACS %scale=1_node')] },
});

export const waiting = (o: Outside): Build => ({
  ...aBuild(states.queued),
  waiting: o('the queue of the cluster says Resources'),
});

export const deploy = (state: DeployState = deployStates.open): Deploy => deployIn(state);

/** Two repositories of one pull request have a deploy each; this one has two tarballs. */
export const twoTarballs = (o: Outside, state: DeployState = deployStates.open): Deploy => {
  const one = deployIn(state);
  const [item] = one.artifacts;
  return {
    ...one,
    artifacts: item ? [item, { ...item, artifactId: 2, name: o('b.tar.zst'), target: 'x86_64/generic' }] : [],
  };
};

export const understood = (o: Outside): Understood => ({
  software: {
    added: [o('GROMACS-2024.4-foss-2023b')],
    changed: [
      { from: o('OSU-7.3'), to: o('OSU-7.5') },
      { from: null, to: o('Lua-5.4.6') },
    ],
    removed: [o('old-1.0')],
    rebuilt: [o('R-4.4.1')],
    more: 0,
  },
  stacks: [{ name: stack.name, version: stack.version }],
  easystacks: 1,
  problems: [],
  pointedOut: [o('bot/build.sh')],
  behindBy: 31,
});

export const problem = (o: Outside) => ({
  file: o('easystacks/software.eessi.io/2025.06/eessi-2025.06.yml'),
  line: 7,
  column: 3,
  message: o('`options` is a list, and has to be a map'),
});

export const node = (special: Partial<NodeNow> = {}): NodeNow => ({
  name: 'zen2/node-1',
  pool: 'zen2',
  slots: 2,
  jobs: 1,
  unreachableUntil: null,
  refusal: null,
  nearlyFull: false,
  health: { kind: 'healthy' },
  ...special,
});

const watch = (server: string, special: Partial<MirrorWatch> = {}): MirrorWatch => ({
  deployId: 1,
  server,
  url: `https://${server}`,
  state: 'there',
  at: NOON + 12 * MINUTE,
  publishedAt: NOON,
  deadline: NOON + 120 * MINUTE,
  revision: 4711,
  problem: null,
  nextLookAt: null,
  ...special,
});

/** Stratum 1 servers: some are there, one is late, one is silent. */
export const watches = {
  everywhere: [watch('rug'), watch('aws')],
  onTheWay: [watch('rug'), watch('aws', { state: 'watching', revision: 4710 })],
  late: (o: Outside) => [
    watch('rug'),
    watch('aws', { state: 'lagging', at: NOON + 150 * MINUTE, revision: 4710 }),
    watch('azure', {
      state: 'lagging',
      at: NOON + 150 * MINUTE,
      revision: null,
      problem: o('it answers with 502 Bad Gateway.'),
    }),
  ],
};

export const rollback = (state: RollbackState = { kind: 'asked' }): Rollback => ({
  id: 1,
  deployId: 1,
  repository: 'software.eessi.io',
  from: 4711,
  to: 4710,
  requestedBy: 'maria',
  source: 'comment:1',
  askedAt: NOON,
  state,
});

export const running: RollbackState = {
  kind: 'running',
  confirmation: { by: 'max', source: 'comment:2', at: NOON },
};

/** Three tarballs, the second of which lacks a module and has what it should not have. */
export function deployRows(o: Outside): DeployRow[] {
  const tests = { status: 'SUCCESS', passed: 12, failed: null } as const;
  const named = (id: number, overview: Parameters<typeof artifact>[2]) => {
    const name = `eessi-${id}.tar.zst`;
    return { ...artifact(id, name, overview), name: o(name) };
  };
  const row = (id: number, target: string, special: Partial<DeployRow> = {}): DeployRow => ({
    target,
    version: '2025.06',
    artifact: named(id, {
      modules: [o('GROMACS/2024.4-foss-2023b'), o('mpi4py/3.1.5-gompi-2023b')],
      software: [o('GROMACS/2024.4-foss-2023b')],
      largest: [{ path: o('2025.06/software/linux/x86_64/libgromacs.so'), bytes: 5_000_000 }],
    }),
    tests,
    node: 'zen2/node-1',
    buildId: id,
    askedBy: 'maria',
    ...special,
  });
  const poor = named(2, {
    modules: [o('mpi4py/3.1.5-gompi-2023b')],
    software: [o('mpi4py/3.1.5-gompi-2023b')],
    outside: { count: 1, first: [o('2025.06/init/bash')] },
  });
  return [
    row(1, 'x86_64/amd/zen2'),
    row(2, 'x86_64/generic', {
      artifact: { ...poor, signer: null },
      tests: { status: 'FAILURE', passed: 11, failed: 1, failedTests: [o('EESSI_OSU')] },
    }),
    row(3, 'aarch64/neoverse_n1', { tests: { status: 'UNKNOWN', passed: null, failed: null } }),
  ];
}

export const deployView = (o: Outside, special: Partial<Deploy> = {}): DeployView => ({
  deploy: { ...deployIn(deployStates.preparing), ...special },
  rows: deployRows(o),
  approvers: 'members of EESSI/ingest',
  needed: 1,
  instance: 'aws-bot',
});

export const DETAIL = {
  width: 85,
  modules: 40,
  folded: 160,
  tarballs: 200,
  name: 200,
  listed: 60,
  replaced: 200,
  links: true,
};
