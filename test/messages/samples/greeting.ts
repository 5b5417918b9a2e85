import type * as greeting from '../../../src/messages/greeting.ts';
import { SITE } from '../../domain/catalogue.ts';
import type { Samples } from './sample.ts';
import { problem, understood } from './views.ts';

const view = { catalogue: SITE, draft: false, builders: 'members of EESSI/builders' };
const nothing = { added: [], changed: [], removed: [], rebuilt: [], more: 0 };

export const samples: Samples<typeof greeting> = {
  greeting: {
    'an easystack': (o) => [{ ...view, understood: understood(o) }],
    'a broken one': (o) => [{ ...view, understood: { ...understood(o), problems: [problem(o)] } }],
    'no easystack, a draft': (o) => [
      { ...view, draft: true, understood: { ...understood(o), easystacks: 0, software: nothing } },
    ],
    'an easystack that changes nothing': (o) => [
      { ...view, understood: { ...understood(o), software: nothing } },
    ],
    'a commit that cannot be read': () => [{ ...view, understood: null }],
  },
};
