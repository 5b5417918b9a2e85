import type * as plan from '../../../src/messages/plan.ts';
import { stack } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { HEAD, problem, understood } from './views.ts';

const row = (cpu: string, usuallyMs: number | null) => ({
  target: { os: 'linux' as const, cpu, accelerator: null },
  repository: stack.id,
  pools: ['zen2'],
  usuallyMs,
});
const view = (o: Outside) => ({
  headSha: HEAD,
  baseRef: o('main'),
  commands: [o('bot: build arch=all')],
  rows: [row('x86_64/amd/zen2', 42 * 60_000), row('aarch64/neoverse_n1', null)],
  repositories: new Map([[stack.id, stack]]),
  understood: understood(o),
  beside: [],
});

export const samples: Samples<typeof plan> = {
  plan: {
    'two builds': (o) => [view(o)],
    'nothing was ever built, no easystack': (o) => [
      {
        ...view(o),
        rows: [row('x86_64/amd/zen2', null)],
        understood: { ...understood(o), easystacks: 0, pointedOut: [], behindBy: null },
      },
    ],
    'a broken easystack': (o) => [{ ...view(o), understood: { ...understood(o), problems: [problem(o)] } }],
    'a commit that is gone': (o) => [{ ...view(o), understood: null }],
  },
};
