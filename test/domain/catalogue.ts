import { DEFAULT_REQUEST_LIMITS } from '../../src/domain/request-limits.ts';
import type { Catalogue, PoolOffer } from '../../src/domain/target.ts';

const R25 = 'eessi.io-2025.06-software';
const R23 = 'eessi.io-2023.06-software';

/** A pool that builds for its own CPU, for the 2025.06 stack, without accelerators. */
export function pool(name: string, cpu: string, more: Partial<PoolOffer> = {}): PoolOffer {
  return { name, os: 'linux', cpu, buildsFor: [cpu], accelerators: [], repositories: [R25], ...more };
}

/** A site with a bit of everything. */
export const SITE: Catalogue = {
  instance: 'site-a',
  pools: [
    pool('generic', 'x86_64/generic'),
    pool('zen2', 'x86_64/amd/zen2'),
    pool('zen2-spare', 'x86_64/amd/zen2'),
    pool('zen4', 'x86_64/amd/zen4', { buildsFor: ['x86_64/amd/zen4', 'x86_64/amd/zen3'] }),
    pool('skylake', 'x86_64/intel/skylake_avx512', { repositories: [R23, R25] }),
    pool('gpu', 'x86_64/amd/zen2', { accelerators: ['nvidia/cc70', 'nvidia/cc80'] }),
    pool('gpu-icelake', 'x86_64/intel/icelake', { accelerators: ['nvidia/cc80'] }),
    pool('arm-generic', 'aarch64/generic'),
    pool('n1', 'aarch64/neoverse_n1'),
    pool('v1', 'aarch64/neoverse_v1'),
  ],
  repositories: [
    { id: R23, name: 'software.eessi.io', version: '2023.06', container: '' },
    { id: R25, name: 'software.eessi.io', version: '2025.06', container: '' },
  ],
  exportable: ['SKIP_TESTS', 'EASYBUILD_TRACE'],
  limits: DEFAULT_REQUEST_LIMITS,
};
