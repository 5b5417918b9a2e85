import type * as deployLine from '../../../src/messages/deploy-line.ts';
import { deployStates } from '../rows.ts';
import type { Samples } from './sample.ts';
import { deploy, twoTarballs, watches } from './views.ts';

export const samples: Samples<typeof deployLine> = {
  deployLine: {
    preparing: (o) => [twoTarballs(o, deployStates.preparing)],
    'waits for approval': () => [deploy()],
    approved: () => [deploy(deployStates.approved)],
    published: () => [deploy(deployStates.published)],
    'published, on its way': () => [deploy(deployStates.published), watches.onTheWay],
    'published, a server is late': (o) => [deploy(deployStates.published), watches.late(o)],
    'published, everywhere': () => [deploy(deployStates.published), watches.everywhere],
    'taken back': () => [deploy(deployStates['rolled-back'])],
    rejected: (o) => [deploy({ ...deployStates.rejected, reason: o('closed without an approval') })],
    replaced: () => [deploy(deployStates.superseded)],
    failed: (o) => [deploy({ ...deployStates.failed, reason: o('GitHub refused to merge the deploy PR') })],
  },
  deployWords: {
    'waits for approval': () => [deploy()],
    approved: () => [deploy(deployStates.approved)],
    published: () => [deploy(deployStates.published)],
    'taken back': () => [deploy(deployStates['rolled-back'])],
  },
  shortDigest: { 'a digest': () => ['0123456789abcdef'.repeat(4)] },
  repositoryOf: { 'a deploy': () => [deploy()] },
};
