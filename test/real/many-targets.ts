import type { Build, BuildState } from '../../src/domain/build.ts';
import type { Catalogue, Target } from '../../src/domain/target.ts';
import { targetName } from '../../src/domain/target.ts';
import { buildCheck } from '../../src/messages/check.ts';
import { summaryCheck } from '../../src/messages/check-summary.ts';
import { deployBody } from '../../src/messages/deploy-pr.ts';
import { help } from '../../src/messages/help.ts';
import { logEnds } from '../../src/messages/log-reply.ts';
import { plan } from '../../src/messages/plan.ts';
import { showConfig } from '../../src/messages/show-config.ts';
import { statusComment } from '../../src/messages/status-comment.ts';
import { pool, SITE } from '../domain/catalogue.ts';
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

/** The same things said of few targets and of many, with the names that a big site has. */

const CPUS = [
  ...['zen2', 'zen3', 'zen4', 'zen5'].map((name) => `x86_64/amd/${name}`),
  ...['haswell', 'skylake_avx512', 'cascadelake', 'icelake', 'sapphirerapids', 'graniterapids'].map(
    (name) => `x86_64/intel/${name}`,
  ),
  ...['neoverse_n1', 'neoverse_v1', 'neoverse_v2', 'a64fx', 'nvidia/grace', 'generic'].map(
    (name) => `aarch64/${name}`,
  ),
  ...['x86_64/generic', 'riscv64/generic', 'riscv64/sifive/u74mc', 'ppc64le/power9le'],
];

/** Twenty CPUs, then each of them with an accelerator, then with another one. */
const targets = (count: number): Target[] =>
  Array.from({ length: count }, (_, index) => ({
    os: 'linux',
    cpu: CPUS[index % CPUS.length] ?? '',
    accelerator: [null, 'nvidia/cc80', 'nvidia/cc90'][Math.floor(index / CPUS.length)] ?? null,
  }));

const builds = (count: number, kinds: readonly BuildState[]): Build[] =>
  targets(count).map((target, index) => ({
    ...aBuild(kinds[index % kinds.length] ?? states.built, index + 1),
    target,
    pools: [`pool-${index % CPUS.length}`],
  }));

const mixed = [
  states.built,
  states.built,
  states.failed,
  states.testsFailed,
  states.running,
  states.queued,
  states.built,
];

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const [name, version] = [
      ['GROMACS', '2024.4-foss-2023b'],
      ['R-bundle-CRAN', '2024.06-foss-2023b'],
      ['SciPy-bundle', '2023.11-gfbf-2023b'],
      ['PyTorch', '2.3.0-foss-2023b-CUDA-12.4.0'],
      ['Qt6', '6.6.3-GCCcore-13.2.0'],
    ][index % 5] ?? ['', ''];
    return `${name}${index < 5 ? '' : `-addon${index}`}/${version}`;
  });

const everySeventh = (all: string[], index: number) => (index % 7 === 3 ? all.slice(2) : all);
const eachAnother = (all: string[], index: number) => all.filter((_, one) => one !== index);

/** A deploy of so many targets and modules. */
function deploy(count: number, modules: number, bring = everySeventh): string {
  const all = names(modules);
  const rows = targets(count).map((target, index) => {
    const name = targetName(target);
    const brought = bring(all, index);
    return {
      target: name,
      artifact: {
        ...artifact(
          index + 1,
          `eessi-2025.06-software-linux-${name.replaceAll(/[/+]/g, '-')}-1795200000.tar.zst`,
          { modules: brought, software: brought, files: 26_398, contentBytes: 1_100_000_000 },
        ),
        bytes: 245_366_784,
      },
      tests: (index % 9 === 4 ? states.testsFailed : states.built).tests,
      version: '2025.06',
      node: `aws/node-${index % 20}`,
      askedBy: 'maria',
      buildId: index + 1,
    };
  });
  const open = deployIn(deployStates.open);
  const differences = {
    added: 26_398 * count,
    identical: 0,
    replaced: { count: 0, first: [] },
    clashes: [],
    layers: [],
  };
  return deployBody({
    deploy: {
      ...open,
      artifacts: rows.map(({ artifact: one, target }) => ({
        ...{ artifactId: one.id, name: one.name, sha256: one.sha256, bytes: one.bytes, key: one.key },
        ...{ target, repository: 'software.eessi.io' },
      })),
      differences,
      despiteTests: count > 4 ? { by: 'maria', reason: 'needs a GPU with 80 GB, see #1434' } : null,
    },
    rows,
    approvers: 'members of EESSI/ingest',
    needed: 1,
    instance: 'aws-bot',
  });
}

/** A site of so many targets: a pool for each. */
const site = (count: number): Catalogue => ({
  ...SITE,
  pools: targets(count).map(({ cpu, accelerator }, index) =>
    pool(
      `${cpu.slice(cpu.lastIndexOf('/') + 1)}${accelerator === null ? '' : accelerator.slice(-5)}-${index}`,
      cpu,
      {
        accelerators: accelerator === null ? [] : [accelerator],
        repositories: SITE.repositories.map(({ id }) => id),
      },
    ),
  ),
});

const config = (count: number): string => {
  const catalogue = site(count);
  return showConfig(
    catalogue,
    catalogue.pools.flatMap(({ name }, index) =>
      [1, 2].map((number) => ({
        name: `${name}/node-${number}`,
        pool: name,
        slots: 4,
        jobs: index % 5,
        unreachableUntil: index % 17 === 3 ? Date.UTC(2026, 2, 1, 14, 2) : null,
        refusal: null,
        nearlyFull: index === 8 && number === 1,
        health: { kind: 'healthy' as const },
      })),
    ),
  );
};

const planned = (count: number): string =>
  plan({
    headSha: request.headSha,
    baseRef: 'main',
    commands: ['bot: build arch=all'],
    rows: targets(count).map((target, index) => ({
      target,
      repository: stack.id,
      pools: index % 4 === 0 ? ['aws', 'azure'] : ['aws'],
      usuallyMs: index % 6 === 5 ? null : (30 + index) * 60_000,
    })),
    repositories: new Map([[stack.id, stack]]),
    understood: {
      software: { added: names(3), changed: [], removed: [], rebuilt: [], more: 0 },
      stacks: [{ name: stack.name, version: stack.version }],
      easystacks: 1,
      problems: [],
      pointedOut: ['bot/build.sh'],
      behindBy: null,
    },
    beside: [],
  });

const status = (count: number, kinds: readonly BuildState[]): string =>
  statusComment(statusView(builds(count, kinds)));

const summary = (count: number): string => {
  const made = {
    name: 'stratobot / summary',
    builds: builds(count, mixed),
    repositories: new Map([[stack.id, stack]]),
  };
  const { title, summary: text } = summaryCheck(made);
  return `## ${title}\n\n${text}`;
};

const logs = (count: number): string =>
  logEnds(
    builds(count, [states.failed]).map((build) => ({
      build,
      lines: Array.from(
        { length: 50 },
        (_, line) => `${line}: == building and installing GROMACS/2024.4-foss-2023b...`,
      ),
      url: `https://bot.example.org/builds/${build.id}/log`,
    })),
    0,
  );

const check = (state: BuildState): string => {
  const { title, summary: text } = buildCheck('aws-bot', aBuild(state), stack);
  return `## ${title}\n\n${text}`;
};

/** By a name for its picture. */
export const MANY: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    (process.env.PICTURES ? [1, 3, 20, 60] : [20, 60]).flatMap((count) => [
      [`status-${count}-mixed`, status(count, mixed)],
      [`status-${count}-failed`, status(count, [states.failed])],
      [`status-${count}-built`, status(count, [states.built])],
      [`plan-${count}`, planned(count)],
      [`show-config-${count}`, config(count)],
      [`deploy-${count}`, deploy(count, 3)],
      [`deploy-${count}-modules`, deploy(count, 40)],
      [`summary-${count}`, summary(count)],
      [`log-${count}`, logs(Math.min(count, 6))],
    ]),
  ),
  'deploy-8-each-another': deploy(8, 12, eachAnother),
  'deploy-20-each-another': deploy(20, 40, eachAnother),
  'help-60': help(site(60), null),
  'help-build-60': help(site(60), 'build'),
  'check-failed': check(states.failed),
  'check-built': check(states.built),
};
