import type * as people from '../../../src/messages/people.ts';
import { deployStates } from '../rows.ts';
import type { Samples } from './sample.ts';

const { approvals } = deployStates.approved;

export const samples: Samples<typeof people> = {
  people: {
    one: () => [approvals],
    two: () => [[...approvals, ...approvals.map((one) => ({ ...one, reviewer: 'max' }))]],
  },
};
