import { describe, expect, test } from 'vitest';
import { freshRecords } from '../harness/fresh-records.ts';
import { aDeploy } from '../harness/rows.ts';

const bot = freshRecords();

describe('askings to take a deploy back', () => {
  const asking = async () => {
    const { deploy } = await bot.records.deploys.create(aDeploy());
    const way = { repository: 'software.eessi.io', from: 42, to: 41 };
    return { deployId: deploy.id, ...way, requestedBy: 'maria', source: 'comment:1', askedAt: 5 };
  };
  const by = (login: string) => ({ by: login, source: 'comment:2', at: 6 });

  test('are one per deploy while one is under way', async () => {
    const ask = await asking();
    const { rollback, created } = await bot.records.rollbacks.ask(ask);
    expect([rollback, created]).toEqual([{ ...ask, id: rollback.id, state: { kind: 'asked' } }, true]);
    for (const source of ['comment:1', 'comment:9']) {
      const again = await bot.records.rollbacks.ask({ ...ask, source });
      expect(again).toEqual({ rollback, created: false });
    }
    await bot.records.rollbacks.move(rollback.id, 'asked', { kind: 'lapsed', at: 7 });
    expect(await bot.records.rollbacks.ask({ ...ask, source: 'comment:9' })).toMatchObject({ created: true });
  });

  test('are never asked for and confirmed by one person, whatever the code says', async () => {
    const { rollback } = await bot.records.rollbacks.ask(await asking());
    const confirmed = (login: string) =>
      bot.records.rollbacks.move(rollback.id, 'asked', { kind: 'confirmed', confirmation: by(login) });
    await expect(confirmed('Maria')).rejects.toThrow();
    expect(await bot.records.rollbacks.underWay()).toEqual([]);
    const moved = await confirmed('ana');
    expect(await bot.records.rollbacks.underWay()).toEqual([moved]);
    expect(await confirmed('max')).toBeNull();
  });

  test('go back, never forward', async () => {
    await expect(bot.records.rollbacks.ask({ ...(await asking()), to: 42 })).rejects.toThrow();
  });
});
