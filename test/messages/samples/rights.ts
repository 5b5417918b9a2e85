import type * as rights from '../../../src/messages/rights.ts';
import type { Samples } from './sample.ts';

const who = 'members of EESSI/builders or people with the role maintain or higher';

export const samples: Samples<typeof rights> = {
  noRight: {
    build: (o) => ['jo', 'build', who, o('bot: build arch=zen2')],
    cancel: (o) => ['jo', 'cancel', who, o('bot: cancel')],
    priority: (o) => ['jo', 'priority', who, o('bot: priority')],
    deploy: (o) => ['jo', 'deploy', who, o('bot: deploy')],
    'deploy despite tests': (o) => ['jo', 'despite_tests', who, o('bot: deploy --despite-tests="x"')],
    status: (o) => ['jo', 'status', who, o('bot: status')],
    nobody: (o) => ['jo', 'build', 'nobody', o('bot: build arch=zen2')],
  },
  noRightEither: { 'a mistyped build': () => ['jo', 'build', who] },
  notForTarget: { 'another stack': () => ['jo', 'deploy', 'eessi.io-2025.06-software', who] },
};
