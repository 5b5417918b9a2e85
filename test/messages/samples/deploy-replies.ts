import type { Clash } from '../../../src/domain/repository-policy.ts';
import type * as deployReplies from '../../../src/messages/deploy-replies.ts';
import { aBuild, deployStates } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { deploy, HEAD, testsFailedState, twoTarballs, zen2 } from './views.ts';

const approvers = 'members of EESSI/ingest';
const clashing = (o: Outside, ...rules: Clash['rule'][]) => ({
  ...twoTarballs(o),
  differences: {
    added: 1,
    replaced: { count: 0, first: [] },
    identical: 0,
    layers: [],
    clashes: rules.map((rule, index) => ({
      rule,
      count: index + 1,
      first: [
        o('2025.06/software/linux/x86_64/amd/zen2/software/R/4.4.1/bin/R'),
        o('2025.06/init/bash'),
      ].slice(0, index + 1),
    })),
  },
});

export const samples: Samples<typeof deployReplies> = {
  draft: { 'a draft': () => [] },
  draftWhileWaiting: { 'one waits': () => [[deploy()]], 'two wait': () => [[deploy(), deploy()]] },
  nothingToDeploy: {
    'nothing was built': () => [HEAD, 'nothing'],
    'an older commit was built': () => [HEAD, 'older commits'],
    'no build succeeded': () => [HEAD, 'this commit'],
  },
  testsStop: {
    'one target, with the names of tests': (o) => [[zen2(testsFailedState(o))]],
    'more targets than are named': (o) => [
      Array.from({ length: 9 }, (_, index) => aBuild(testsFailedState(o), index + 1, `x86_64/cpu_${index}`)),
    ],
  },
  notInStore: {
    'nothing is kept': () => [[{ target: 'x86_64/amd/zen2', upload: 'none' }], false],
    'only the first is kept, of two': () => [
      [
        { target: 'x86_64/amd/zen2', upload: 'once' },
        { target: 'x86_64/generic', upload: 'once' },
      ],
      true,
    ],
    'a newer one took its place': () => [[{ target: 'x86_64/amd/zen2', upload: 'removed' }], true],
  },
  alreadyUp: {
    waits: () => [deploy(), 'software.eessi.io'],
    'being published': () => [deploy(deployStates.ingesting), 'software.eessi.io'],
    'being put up': () => [deploy(deployStates.preparing), 'software.eessi.io'],
    published: () => [deploy(deployStates.published), 'software.eessi.io'],
  },
  putUp: {
    'one approval': () => [deploy(), 12, { approvers, needed: 1 }],
    'two approvals, two tarballs': (o) => [twoTarballs(o), 12, { approvers, needed: 2 }],
  },
  nothingToDrop: { 'nothing waits': () => [] },
  dropWhat: { 'no filter': () => [] },
  nothingLeft: { 'all is named': () => [] },
  dropped: { 'one tarball is left': () => [[deploy()]], 'two are left': (o) => [[twoTarballs(o), deploy()]] },
  notPutUp: {
    'something is out of reach': (o) => [deploy(), o('`s3.example.org` does not answer')],
    'one file clashes': (o) => [
      { ...clashing(o, 'overwrites'), artifacts: deploy().artifacts },
      'see the clashes',
    ],
    'files clash in every way': (o) => [
      clashing(o, 'file-over-directory', 'directory-over-file', 'compat', 'overwrites'),
      'see the clashes',
    ],
  },
  puttingUpWaits: { 'something is out of reach': (o) => [deploy(), o('`s3.example.org` does not answer.')] },
  notWhatWasCollected: { 'one tarball': (o) => [[o('`a.tar.zst` has another digest.')]] },
  publishingWaits: { 'another transaction': (o) => [deploy(), o('a transaction of somebody else is open.')] },
  published: {
    'with a module': (o) => [
      deploy(deployStates.published),
      [o('GROMACS/2024.4-foss-2023b'), o('mpi4py/3.1.5')],
      ['EESSI 2025.06'],
    ],
    'without one': () => [deploy(deployStates.published), [], ['EESSI 2025.06']],
  },
  notRunAgain: { 'a check': (o) => [o('CI / eessi'), HEAD] },
  ingested: { 'a deploy': () => [deploy(deployStates.published)] },
  approvalCount: { 'nobody yet': () => [[], 0, 2] },
  approvalCounted: {
    'the only one': () => [deploy(), 'ana', { given: 1, needed: 1, approvers }],
    'the first of two': () => [deploy(), 'ana', { given: 1, needed: 2, approvers }],
    'the first of three': () => [deploy(), 'ana', { given: 1, needed: 3, approvers }],
    'the last of two': () => [deploy(), 'max', { given: 2, needed: 2, approvers }],
  },
  approvalWithdrawn: { 'one of two': () => [deploy(), 'ana', { given: 1, needed: 2, approvers }] },
  approvalRefused: {
    'not in the team': (o) => ['eve', o('approvals count from members of EESSI/ingest.')],
  },
  rejected: {
    closed: () => [deploy(deployStates.rejected), 12, 'ana', false],
    'merged by hand': () => [deploy(deployStates.rejected), 12, 'ana', true],
  },
  superseded: {
    'the newer one stands': () => [deploy(deployStates.superseded), deploy()],
    'the newer one is being made': () => [deploy(deployStates.superseded), deploy(deployStates.preparing)],
  },
  ingestRefused: { 'another digest': (o) => [[o('`a.tar.zst` has another digest than was approved.')]] },
  ingestFailed: { 'a reason': (o) => [deploy(), o('`cvmfs_server` ended with 5.')] },
  failedTitle: { 'a deploy': () => [deploy()] },
  failedIssue: {
    'with a deploy PR': () => [deploy(), 12, '**Nothing was published**: `cvmfs_server` ended with 5.'],
    'without one': (o) => [twoTarballs(o), null, '**Nothing was put up for approval.**'],
  },
  mergedByHandTitle: { 'a deploy': () => [deploy(), 12] },
  mergedByHandIssue: { 'a deploy': () => [deploy(), 12, 'ana'] },
};
