import type * as limits from '../../../src/messages/limits.ts';
import type { Samples } from './sample.ts';

export const samples: Samples<typeof limits> = {
  tooManyOfPerson: {
    'some wait': () => [{ by: 'maria', asked: 12, waiting: 390, most: 400 }],
    'one too many at once': () => [{ by: 'maria', asked: 2, waiting: 0, most: 1 }],
  },
};
