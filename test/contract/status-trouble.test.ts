import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { reportStatus } from '../../src/workflow/report-status.ts';
import type { World } from '../../src/workflow/world.ts';
import { aBuild, artifact, deployIn, deployStates, request, states } from '../messages/rows.ts';

// A rejection that nobody waits for yet ends the process, here as there: vitest fails for it.
test('a database that dies while a status comment is made fails the step, and nothing else', async () => {
  const dies = async () => {
    throw new Retryable('PostgreSQL does not answer');
  };
  const diesLater = async () => {
    for (let turns = 0; turns < 5; turns += 1) await turn();
    return dies();
  };
  const shown = artifact(1, 'zen2');
  const deploy = { ...deployIn(deployStates.published), artifacts: [{ artifactId: shown.id }] };
  const world = {
    clock: { now: () => 0 },
    queue: { add: async () => undefined },
    records: {
      locked: (_key: string, step: () => Promise<unknown>) => step(),
      requests: { get: async () => request, ofPullRequest: diesLater },
      postings: { ensure: async () => ({ writtenAt: null }) },
      builds: { ofRequest: async () => [aBuild(states.built)] },
      artifacts: { ofBuild: async () => [shown] },
      deploys: { ofPullRequest: async () => [deploy] },
      publications: { ofDeploy: dies },
    },
  } as unknown as World; // nothing else is reached
  await expect(reportStatus(world, request.id)).rejects.toThrow('PostgreSQL does not answer');
  for (let turns = 0; turns < 10; turns += 1) await turn();
});
