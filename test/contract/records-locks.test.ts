import { describe, expect, test } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import type { Records } from '../../src/ports/records.ts';
import { openRecords } from '../../src/store/records.ts';
import { CUT_ALL, freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';

const bot = freshRecords();

describe('locks', () => {
  /** Holds a lock until it is let go. */
  const hold = async (holder: Records, name: string) => {
    const taken = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const work = holder.locked(name, async () => {
      taken.resolve();
      await gate.promise;
      return 'held';
    });
    await taken.promise;
    return { work, release: gate.resolve };
  };

  test('exclude others in this process and in the next, by name', async () => {
    const other = await bot.open();
    const { work, release } = await hold(bot.records, 'pool:zen2');
    expect(await bot.records.locked('pool:zen2', async () => 'mine')).toBe('busy');
    expect(await other.records.locked('pool:zen2', async () => 'mine')).toBe('busy');
    expect(await other.records.locked('pool:zen3', async () => 'mine')).toBe('mine');
    expect(await bot.records.locked('pool:zen3', async () => 'mine')).toBe('mine');
    release();
    expect(await work).toBe('held');
    expect(await other.records.locked('pool:zen2', async () => 'mine')).toBe('mine');
    expect(await bot.records.locked('pool:zen2', async () => 'mine')).toBe('mine');
  });

  test('are let go when the work fails', async () => {
    const other = await bot.open();
    const failing = bot.records.locked('x', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await other.records.locked('x', async () => 'mine')).toBe('mine');
  });

  test('held by long work leave queries their connections', async () => {
    const held = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => hold(bot.records, name)));
    expect(await bot.records.builds.inState(['queued'])).toEqual([]);
    for (const { release } of held) release();
    await Promise.all(held.map(({ work }) => work));
  });

  test('end with their connection, and the bot goes on', async () => {
    const other = await bot.open();
    const { work, release } = await hold(bot.records, 'x');
    await bot.psql(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(await other.records.locked('x', async () => 'mine')).toBe('mine');
    release();
    expect(await work).toBe('held');
    expect(await bot.records.locked('x', async () => 'mine')).toBe('mine');
  });

  test('end with the bot', async () => {
    const other = await bot.open();
    const { release, work } = await hold(other.records, 'x');
    await other.close();
    expect(await bot.records.locked('x', async () => 'mine')).toBe('mine');
    release();
    await work;
  });
});

describe('the connection', () => {
  test('may be cut: errors are Retryable, and the next query works', async () => {
    const { records, health } = await bot.open();
    await records.builds.inState(['queued']);
    await bot.psql(CUT_ALL);
    for (let tries = 0; tries < 5; tries++) {
      try {
        await health();
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(Retryable);
      }
    }
    expect(await bot.records.builds.inState(['queued'])).toEqual([]);
  });

  test('was cut and stands again: whoever opened the record is told', async () => {
    const back = Promise.withResolvers<void>();
    const { records } = await bot.open(back.resolve);
    await bot.psql(CUT_ALL);
    await back.promise;
    expect(await records.locked('x', async () => 'mine')).toBe('mine');
  });

  test('that cannot be made is Retryable', async () => {
    const url = new URL(bot.database.databaseUrl);
    url.port = '1';
    await expect(openRecords({ databaseUrl: url.href, log: silent })).rejects.toThrow(Retryable);
  });

  test('to a database that is gone is not Retryable: that does not pass', async () => {
    const url = new URL(bot.database.databaseUrl);
    const name = url.pathname.slice(1);
    await bot.database.drop();
    await expect(bot.records.locked('x', async () => 1)).rejects.toThrow(`database "${name}" does not exist`);
  });
});

test('several bots may bring the same empty database up to date at once', async () => {
  await bot.psql('DROP SCHEMA stratobot CASCADE');
  const bots = await Promise.all([bot.open(), bot.open(), bot.open()]);
  await Promise.all(bots.map((bot) => bot.health()));
  expect(await bots[0]?.records.builds.inState(['queued'])).toEqual([]);
});
