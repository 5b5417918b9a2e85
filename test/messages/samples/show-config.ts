import type * as showConfig from '../../../src/messages/show-config.ts';
import { SITE } from '../../domain/catalogue.ts';
import type { Samples } from './sample.ts';
import { NOON, node } from './views.ts';

const catalogue = { ...SITE, pools: SITE.pools.slice(0, 6) };
const of = (pool: string, special: Partial<ReturnType<typeof node>> = {}) =>
  node({ pool, name: `${pool}/node-1`, ...special });

export const samples: Samples<typeof showConfig> = {
  showConfig: {
    'nodes in every state': () => [
      catalogue,
      [
        of('generic'),
        of('zen2', { unreachableUntil: NOON }),
        of('zen2', { name: 'zen2/node-2' }),
        of('zen2-spare', { refusal: 'the host key differs' }),
        of('zen4', { nearlyFull: true }),
        of('skylake', { health: { kind: 'aside', until: NOON } }),
        of('gpu', { health: { kind: 'on-trial' }, slots: 1, jobs: 0 }),
      ],
    ],
  },
};
