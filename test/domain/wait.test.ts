import { expect, test } from 'vitest';
import { prospect } from '../../src/domain/wait.ts';
import { deployIn, deployStates } from '../messages/rows.ts';

type Kind = keyof typeof deployStates;
const deploys = (kinds: readonly Kind[]) =>
  kinds.map((kind, index) => ({ ...deployIn(deployStates[kind]), id: index + 1 }));

const OPEN = { state: 'open', merged: false } as const;
const MERGED = { state: 'closed', merged: true } as const;

test.each<[typeof OPEN | typeof MERGED, Kind[], string]>([
  [OPEN, [], 'waits for a deploy'],
  [OPEN, ['open'], 'waits for deploy 1'],
  [OPEN, ['superseded', 'approved'], 'waits for deploy 2'],
  [OPEN, ['rejected'], 'waits, deploy 1 was rejected'],
  [OPEN, ['rejected', 'failed'], 'waits, deploy 2 was failed'],
  [OPEN, ['rejected', 'preparing'], 'waits for deploy 2'],
  [OPEN, ['published'], 'waits for a deploy'],
  [OPEN, ['published', 'rejected'], 'waits for a deploy'],
  [OPEN, ['rolled-back'], 'waits, deploy 1 was rolled-back'],
  [MERGED, ['published'], 'ready'],
  [MERGED, ['failed', 'published'], 'ready'],
  [MERGED, ['published', 'ingesting'], 'waits for deploy 2'],
  [MERGED, ['open'], 'waits for deploy 1'],
  [MERGED, [], 'never: not-deployed'],
  [MERGED, ['superseded', 'failed'], 'never: failed'],
  [MERGED, ['rejected'], 'never: rejected'],
  [MERGED, ['rolled-back'], 'never: rolled-back'],
])('$0 with deploys $1: $2', (pull, kinds, expected) => {
  const found = prospect(pull, deploys(kinds));
  if (found.kind === 'ready') expect('ready').toBe(expected);
  else if (found.kind === 'never') expect(`never: ${found.why}`).toBe(expected);
  else if (found.setBack)
    expect(`waits, deploy ${found.setBack.deployId} was ${found.setBack.why}`).toBe(expected);
  else expect(`waits for ${found.deploy ? `deploy ${found.deploy.id}` : 'a deploy'}`).toBe(expected);
});

test('what is unknown or was closed without being merged never comes, whatever was published of it', () => {
  expect(prospect(null, deploys(['published']))).toEqual({ kind: 'never', why: 'unknown' });
  expect(prospect({ state: 'closed', merged: false }, deploys(['published']))).toEqual({
    kind: 'never',
    why: 'closed',
  });
});
