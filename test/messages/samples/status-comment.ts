import type * as statusComment from '../../../src/messages/status-comment.ts';
import { deployStates, request, states, statusView } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { deploy, failedState, HEAD, n1, testsFailedState, understood, waiting, zen2 } from './views.ts';

const asked = (o: Outside) => ({
  ...request,
  baseRef: o('main'),
  commands: [o('bot: build arch=zen2'), o('bot: build arch=neoverse_n1')],
  software: understood(o).software,
});

export const samples: Samples<typeof statusComment> = {
  statusComment: {
    'one waits, one runs': (o) => [{ ...statusView([waiting(o), n1()]), request: asked(o) }],
    'one failed': (o) => [{ ...statusView([zen2(failedState(o)), n1(states.built)]), request: asked(o) }],
    'tests failed': (o) => [{ ...statusView([zen2(testsFailedState(o))]), request: asked(o) }],
    'published, and an older commit': (o) => [
      { ...statusView([zen2()], [deploy(deployStates.published)]), request: asked(o), branchAt: HEAD },
    ],
    'there is a newer one': (o) => [
      { ...statusView([zen2(), n1(failedState(o))]), request: asked(o), isOld: true },
    ],
  },
};
