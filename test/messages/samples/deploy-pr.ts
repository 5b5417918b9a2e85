import type * as deployPr from '../../../src/messages/deploy-pr.ts';
import type { Outside, Samples } from './sample.ts';
import { deployView } from './views.ts';

const differences = (o: Outside) => ({
  added: 26_398,
  replaced: { count: 2, first: [o('2025.06/init/bash'), o('2025.06/init/zsh')] },
  identical: 1,
  layers: ['2025.06/compat/linux/x86_64'],
  clashes: [],
});

export const samples: Samples<typeof deployPr> = {
  deployTitle: { 'a deploy': (o) => [deployView(o)] },
  deployBody: {
    'one approval': (o) => [deployView(o)],
    'two approvals, a rebuild, despite tests': (o) => [
      {
        ...deployView(o, {
          rebuild: true,
          differences: differences(o),
          despiteTests: { by: 'maria', reason: o('OSU needs two nodes, the machine has one') },
        }),
        needed: 2,
      },
    ],
  },
  deployOverview: { 'a deploy': (o) => [deployView(o, { differences: differences(o) })] },
};
