import type * as help from '../../../src/messages/help.ts';
import { SITE } from '../../domain/catalogue.ts';
import type { Samples } from './sample.ts';

export const samples: Samples<typeof help> = {
  help: {
    'all commands': () => [SITE, null],
    'one command': () => [SITE, 'build'],
  },
};
