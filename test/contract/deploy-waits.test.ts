/** A deploy that cannot be put up: people hear of it once, it is put up when it can be, and the waiting has an end. */
import { describe, expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { openDeploy } from '../../src/workflow/open-deploy.ts';
import type { World } from '../../src/workflow/world.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';
import { aDeploy } from '../harness/rows.ts';
import { sha256 } from '../harness/tarballs.ts';

const bot = freshRecords();
const [MINUTE, DAY] = [60_000, 24 * 60 * 60_000];
let made = 0;

async function stage() {
  const createdAt = 1_000_000;
  const asked = aDeploy({ createdAt, digest: sha256(`waits ${++made}`) });
  const { deploy } = await bot.records.deploys.create(asked);
  const at = { now: createdAt, fault: null as Error | null };
  const world = {
    records: bot.records,
    clock: { now: () => at.now },
    log: silent,
    queue: { add: async () => undefined },
    catalogue: { instance: 'demo-bot', repositories: [] },
    served: new Map(),
    spool: { fetch: async () => ({ kind: 'verified', files: [] }), clear: async () => undefined },
    publishers: new Map([
      [
        'software.eessi.io',
        {
          compare: async () => {
            throw at.fault ?? new Retryable('`stratum0.example` does not answer.');
          },
        },
      ],
    ]),
  } as unknown as World; // nothing else is reached while it waits
  const look = async (after: number) => {
    at.now = createdAt + after;
    return openDeploy(world, deploy.id).then(
      () => 'ended',
      (error: Error) => error.name,
    );
  };
  const said = async (moment: string) =>
    (await bot.records.postings.get(`deploy:${deploy.id}:${moment}`))?.body ?? null;
  const state = async () => (await bot.records.deploys.get(deploy.id))?.state;
  return { at, look, said, state };
}

describe('a deploy whose Stratum 0 does not answer', () => {
  test('says nothing of a short trouble, then once what it waits for', async () => {
    const { look, said, state } = await stage();
    expect(await look(MINUTE - 1)).toBe('Retryable');
    expect(await said('not-yet')).toBeNull();
    expect(await look(MINUTE)).toBe('Retryable');
    const first = await said('not-yet');
    expect(first).toMatchInlineSnapshot(
      `"**Not put up for approval yet**, 1 tarball for \`software.eessi.io\`: \`stratum0.example\` does not answer. Stratobot tries it again each minute for a day; nobody has to ask again."`,
    );
    expect(await look(DAY - 1)).toBe('Retryable');
    expect(await said('not-yet')).toBe(first);
    expect(await state()).toMatchObject({ kind: 'preparing' });
  });

  test('fails after a day, and says how to go on', async () => {
    const { look, said, state } = await stage();
    expect(await look(DAY)).toBe('ended');
    expect(await state()).toMatchObject({ kind: 'failed', pullRequest: null });
    expect(await said('failed')).toMatchInlineSnapshot(
      `"The artifacts could not be put up for approval: \`stratum0.example\` does not answer, for a day now. Nothing was lost; \`bot: deploy\` tries it again once that is mended."`,
    );
  });

  test('is not kept waiting by what will never work', async () => {
    const { at, look, said, state } = await stage();
    at.fault = new Permanent('it has no such repository');
    expect(await look(MINUTE)).toBe('ended');
    expect(await said('not-yet')).toBeNull();
    expect(await state()).toMatchObject({ kind: 'failed' });
  });
});
