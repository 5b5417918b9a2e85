import type * as rollbackReplies from '../../../src/messages/rollback-replies.ts';
import { deployStates } from '../rows.ts';
import type { Samples } from './sample.ts';
import { deploy, rollback, running } from './views.ts';

const approvers = 'members of EESSI/ingest';

export const samples: Samples<typeof rollbackReplies> = {
  nothingToTakeBack: {
    'nothing was published': () => [[]],
    'it is taken back already': () => [[deploy(deployStates['rolled-back'])]],
  },
  otherOnTop: { 'one on top': () => ['software.eessi.io', 4711, [deploy(deployStates.published)]] },
  noWayBack: { 'a reason': (o) => ['software.eessi.io', o('the tag `stratobot-1` is gone.')] },
  askedToTakeBack: {
    'a revision before it': () => [rollback(), approvers],
    'the first revision': () => [{ ...rollback(), to: 0 }, approvers],
  },
  underWay: { asked: () => [rollback()], running: () => [rollback(running)] },
  nothingToConfirm: {
    'nothing waits': (o) => [o('software.eessi.io@42'), []],
    'another waits': (o) => [o('software.eessi.io@42'), [rollback()]],
  },
  sameTwoEyes: { 'who asked confirms': () => [rollback(), approvers] },
  confirmed: { 'by a second person': () => [rollback(), 'max'] },
  takenBack: { 'a deploy': () => ['software.eessi.io', deployStates['rolled-back']] },
  notTakenBack: { 'a reason': (o) => [rollback(), o('`cvmfs_server` ended with 5.')] },
};
