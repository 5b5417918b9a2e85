import type * as deployedCheck from '../../../src/messages/deployed-check.ts';
import { deployStates } from '../rows.ts';
import type { Samples } from './sample.ts';
import { deploy, watches } from './views.ts';

export const samples: Samples<typeof deployedCheck> = {
  deployedCheck: {
    'nobody is watched': () => ['aws-bot', deploy(deployStates.published), []],
    'on its way': () => ['aws-bot', deploy(deployStates.published), watches.onTheWay],
    'servers are late': (o) => ['aws-bot', deploy(deployStates.published), watches.late(o)],
    everywhere: () => ['aws-bot', deploy(deployStates.published), watches.everywhere],
    'taken back': () => ['aws-bot', deploy(deployStates['rolled-back']), watches.onTheWay],
  },
};
