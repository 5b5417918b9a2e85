import type { PlacementPool } from '../src/domain/placement.ts';
import type { Target } from '../src/domain/target.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const BUILDS = 5_000;
const REPOSITORIES = ['eessi.io-2023.06-software', 'eessi.io-2025.06-software'];

/** One build of the trace: when it is asked for and how much work it is, whoever does it. */
export interface Job {
  at: number;
  pull: string;
  /** How many builds its pull request asks for in all. */
  ofPull: number;
  target: Target;
  repository: string;
  /** Time it takes on a pool of speed 1, ms. */
  workMs: number;
  /** It fails by its own fault. */
  fails: boolean;
}

export interface Week {
  pools: PlacementPool[];
  speeds: Map<string, number>;
  /** In the order they are asked for. */
  jobs: Job[];
  /** Times in which every build on a node fails soon: a full disk, a lost mount. */
  outages: { node: string; from: number; until: number; failsAfterMs: number }[];
}

/** No pool is asked for more than it can do in the week. Name, CPU, further CPUs, accelerator, slots per node, speed. Wide pools stand first, as a site lists its largest machines. */
const POOLS: readonly [string, string, string[], string | null, number[], number][] = [
  ['zen4', 'x86_64/amd/zen4', ['x86_64/amd/zen3', 'x86_64/amd/zen2', 'x86_64/generic'], null, [4, 4], 1.3],
  ['zen3', 'x86_64/amd/zen3', ['x86_64/amd/zen2', 'x86_64/generic'], null, [3, 3], 1.1],
  ['zen2', 'x86_64/amd/zen2', [], null, [2, 2], 1],
  ['zen2-old', 'x86_64/amd/zen2', ['x86_64/generic'], null, [2], 0.6],
  [
    'icelake',
    'x86_64/intel/icelake',
    ['x86_64/intel/skylake_avx512', 'x86_64/intel/haswell'],
    null,
    [3, 3],
    1.2,
  ],
  ['skylake', 'x86_64/intel/skylake_avx512', ['x86_64/intel/haswell'], null, [2, 2], 1],
  ['haswell', 'x86_64/intel/haswell', [], null, [2], 0.7],
  ['generic', 'x86_64/generic', [], null, [2, 1], 0.8],
  ['v1', 'aarch64/neoverse_v1', ['aarch64/neoverse_n1', 'aarch64/generic'], null, [3, 2], 1],
  ['n1', 'aarch64/neoverse_n1', ['aarch64/generic'], null, [3, 2], 0.8],
  ['a100', 'x86_64/amd/zen2', [], 'nvidia/cc80', [2, 1], 1],
  ['h100', 'x86_64/amd/zen4', ['x86_64/amd/zen2'], 'nvidia/cc90', [2], 1.3],
];

const TARGETS: readonly Target[] = [
  ...[
    'x86_64/amd/zen2',
    'x86_64/amd/zen3',
    'x86_64/amd/zen4',
    'x86_64/generic',
    'x86_64/intel/haswell',
    'x86_64/intel/skylake_avx512',
    'x86_64/intel/icelake',
    'aarch64/generic',
    'aarch64/neoverse_n1',
    'aarch64/neoverse_v1',
  ].map((cpu): Target => ({ os: 'linux', cpu, accelerator: null })),
  { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: 'nvidia/cc80' },
  { os: 'linux', cpu: 'x86_64/amd/zen4', accelerator: 'nvidia/cc90' },
];

/** A week of work and mishaps; the same for the same seed. */
export function makeWeek(seed: number): Week {
  const random = mulberry32(seed);
  const pools = POOLS.map(([name, cpu, also, accelerator, slots]): PlacementPool => {
    const accelerators = accelerator === null ? [] : [accelerator];
    return {
      offer: { name, os: 'linux', cpu, buildsFor: [cpu, ...also], accelerators, repositories: REPOSITORIES },
      nodes: slots.map((count, index) => ({
        name: `${name}/${index + 1}`,
        slots: count,
        unreachableUntil: null,
        refusal: null,
        nearlyFull: false,
      })),
      mostBuilds: null,
    };
  });
  const speeds = new Map(POOLS.map(([name, , , , , speed]) => [name, speed]));
  const nodes = pools.flatMap((pool) => pool.nodes.map((node) => node.name));
  const outages = Array.from({ length: 12 }, () => {
    const from = random() * WEEK;
    const node = nodes[Math.floor(random() * nodes.length)] ?? '';
    return {
      node,
      from,
      until: from + (1 + random() * 11) * HOUR,
      failsAfterMs: (1 + random() * 9) * MINUTE,
    };
  });
  return { pools, speeds, jobs: makeJobs(random), outages };
}

function makeJobs(random: () => number): Job[] {
  const jobs: Job[] = [];
  for (let pull = 1; jobs.length < BUILDS; pull += 1) {
    const at = workingHours(random);
    // Most ask for a few targets; some rebuild dozens of packages for all of them.
    const packages = random() < 0.05 ? 5 + Math.floor(random() * 10) : 1;
    const targets = TARGETS.filter(() => random() < 0.6);
    const repository = REPOSITORIES[random() < 0.4 ? 0 : 1] ?? '';
    const ofPull = packages * targets.length;
    for (let round = 0; round < packages; round += 1) {
      const size = logNormal(random, 30 * MINUTE, 0.9);
      const fails = random() < 0.15;
      for (const target of targets) {
        const workMs = size * (0.8 + 0.4 * random()) * (fails ? 0.5 : 1);
        jobs.push({ at, pull: `org/stack#${pull}`, ofPull, target, repository, workMs, fails });
      }
    }
  }
  return jobs.slice(0, BUILDS).sort((a, b) => a.at - b.at);
}

/** Three of four come between 8 and 18 h on five days. */
function workingHours(random: () => number): number {
  if (random() < 0.25) return random() * WEEK;
  return Math.floor(random() * 5) * 24 * HOUR + (8 + random() * 10) * HOUR;
}

/** Log-normal with this median; cut at a day. */
function logNormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(median * Math.exp(sigma * normal), 24 * HOUR);
}

/** A small generator of numbers in [0, 1) with a seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
