import type * as software from '../../../src/messages/software.ts';
import type { Samples } from './sample.ts';
import { understood } from './views.ts';

const nothing = { added: [], changed: [], removed: [], rebuilt: [], more: 0 };

export const samples: Samples<typeof software> = {
  softwareHeadline: {
    everything: (o) => [{ ...understood(o).software, more: 3 }],
    nothing: () => [nothing],
  },
  softwareList: { everything: (o) => [understood(o).software] },
};
