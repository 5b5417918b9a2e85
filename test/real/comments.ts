import type { Build, BuildState } from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { deployBody } from '../../src/messages/deploy-pr.ts';
import { help } from '../../src/messages/help.ts';
import { logEnds } from '../../src/messages/log-reply.ts';
import { plan } from '../../src/messages/plan.ts';
import { showConfig } from '../../src/messages/show-config.ts';
import { statusComment } from '../../src/messages/status-comment.ts';
import type { StatusView } from '../../src/messages/status-view.ts';
import { SITE } from '../domain/catalogue.ts';
import {
  aBuild,
  artifact,
  deployIn,
  deployStates,
  request,
  stack,
  states,
  statusView,
} from '../messages/rows.ts';

/** What the bot says, of the size and with the names that a site has; to be looked at. */

const CPUS = [
  'x86_64/amd/zen2',
  'x86_64/amd/zen4',
  'aarch64/neoverse_n1',
  'aarch64/neoverse_v1',
  'x86_64/generic',
  'x86_64/intel/haswell',
];
const gcc = plainFailure(
  'build',
  'build-failed',
  "while building `GROMACS-2024.4-foss-2023b.eb`: `error: unrecognized command-line option '-mavx2'`",
);
const failed: BuildState = { ...states.failed, failure: { ...gcc, line: 48_211 } };
const software = {
  added: ['GROMACS-2024.4-foss-2023b', 'mpi4py-3.1.5-gompi-2023b'],
  changed: [],
  removed: [],
  rebuilt: ['networkx-3.2.1-gfbf-2023b'],
  more: 0,
};

const six = [states.built, states.built, states.built, states.built, failed, states.running].map(
  (state, index) => aBuild(state, index + 1, CPUS[index]),
);
const sixty = Array.from({ length: 60 }, (_, index) => {
  const kinds = [states.built, states.built, states.built, failed, states.testsFailed, states.queued];
  const cpu = `${CPUS[index % CPUS.length]}_generation_${index}`;
  return aBuild(kinds[index % 7] ?? states.running, index + 1, cpu);
});
const hostile: BuildState = {
  ...states.failed,
  failure: plainFailure(
    'build',
    'build-failed',
    '<img src=x onerror=alert(1)> | **bold** `a|b` @everyone ![x](y) </details>',
  ),
};

const status = (builds: readonly Build[], special: Partial<StatusView> = {}) =>
  statusComment({ ...statusView(builds), request: { ...request, software }, ...special });

const modules = ['GROMACS/2024.4-foss-2023b', 'mpi4py/3.1.5-gompi-2023b', 'networkx/3.2.1-gfbf-2023b'];
const deployRows = CPUS.slice(0, 4).map((target, index) => ({
  target,
  artifact: {
    ...artifact(index + 1, `eessi-2025.06-software-linux-${target.replaceAll('/', '-')}-1795200000.tar.zst`, {
      modules: index === 3 ? modules.slice(0, 2) : modules,
      files: 26_398,
    }),
    bytes: 245_366_784,
  },
  tests: index === 2 ? states.testsFailed.tests : states.built.tests,
  version: '2025.06',
  node: 'aws/node-1',
  askedBy: 'maria',
  buildId: index + 1,
}));

/** By a name for its picture. */
export const COMMENTS: Readonly<Record<string, string>> = {
  'status-1': status([aBuild(states.running)]),
  'status-6': status(six),
  'status-60': status(sixty),
  'status-old': status([aBuild(states.built)], { isOld: true }),
  'status-hostile': status([aBuild(hostile, 1, 'x86_64/<b>|`zen2`')]),
  'status-published': status(six.slice(0, 4), { deploys: [deployIn(deployStates.published)] }),
  'status-tests-failed': status([aBuild(states.testsFailed)]),
  'deploy-pr': deployBody({
    deploy: {
      ...deployIn(deployStates.open),
      despiteTests: { by: 'maria', reason: 'needs a GPU with 80 GB, see #1434' },
    },
    rows: deployRows,
    approvers: 'members of EESSI/ingest',
    needed: 2,
    instance: 'aws-bot',
  }),
  plan: plan({
    headSha: request.headSha,
    baseRef: 'main',
    commands: ['bot: build arch=all'],
    rows: CPUS.map((cpu, index) => ({
      target: { os: 'linux', cpu, accelerator: null },
      repository: stack.id,
      pools: ['aws'],
      usuallyMs: index === 3 ? null : 42 * 60_000,
    })),
    repositories: new Map([[stack.id, stack]]),
    understood: {
      software,
      stacks: [{ name: stack.name, version: stack.version }],
      easystacks: 1,
      problems: [],
      pointedOut: ['bot/build.sh'],
      behindBy: 120,
    },
    beside: [],
  }),
  help: help(SITE, null),
  'help-build': help(SITE, 'build'),
  'show-config': showConfig(
    SITE,
    SITE.pools.map(({ name }, index) => ({
      name: `${name}/node-1`,
      pool: name,
      slots: 4,
      jobs: index % 5,
      unreachableUntil: index === 3 ? Date.UTC(2026, 2, 1, 14, 2) : null,
      refusal: null,
      nearlyFull: false,
      health: { kind: 'healthy' as const },
    })),
  ),
  log: logEnds(
    six.slice(3, 6).map((build) => ({
      build,
      lines: [
        '== building and installing GROMACS/2024.4-foss-2023b...',
        "cc1: error: '-mavx2' ``` </details>",
      ],
      url: 'https://bot.example.org/builds/1/log',
    })),
    2,
  ),
};
