import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/transport/backoff.ts';
import { Sessions } from '../../src/transport/sessions.ts';

describe('back-off', () => {
  const start = (random: number) => {
    let now = 1_000;
    const backoff = new Backoff(
      () => now,
      () => random,
    );
    return {
      backoff,
      pass: (ms: number) => {
        now += ms;
      },
    };
  };

  it('doubles from half a second to half a minute', () => {
    const { backoff } = start(1);
    const waits = Array.from({ length: 9 }, () => {
      backoff.failed(false);
      return backoff.waitMs();
    });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('leaves up to half of the wait to chance', () => {
    const { backoff } = start(0);
    backoff.failed(false);
    expect(backoff.waitMs()).toBe(250);
    backoff.failed(false);
    expect(backoff.waitMs()).toBe(500);
  });

  it('lets the next try through when the wait is over, and starts anew after a success', () => {
    const { backoff, pass } = start(1);
    expect(backoff.waitMs()).toBe(0);
    backoff.failed(false);
    backoff.failed(false);
    pass(999);
    expect(backoff.waitMs()).toBe(1);
    pass(1);
    expect(backoff.waitMs()).toBe(0);
    backoff.succeeded();
    backoff.failed(false);
    expect(backoff).toMatchObject({ failures: 1 });
    expect(backoff.waitMs()).toBe(500);
  });

  it('sets a host aside for two minutes after three failures, or after one that is certain', () => {
    const { backoff, pass } = start(1);
    backoff.failed(false);
    backoff.failed(false);
    expect(backoff.setAsideMs()).toBe(0);
    backoff.failed(false);
    expect(backoff.setAsideMs()).toBe(120_000);
    pass(120_000);
    expect(backoff.setAsideMs()).toBe(0);
    backoff.succeeded();
    backoff.failed(true);
    expect(backoff.setAsideMs()).toBe(120_000);
  });
});

describe('sessions', () => {
  const never = new AbortController().signal;

  /** Takes places for all, and gives them to the server, which grants only some. */
  async function burst(sessions: Sessions, count: number, granted: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await sessions.take(never);
    for (let i = granted; i < count; i += 1) {
      sessions.refused();
      sessions.release();
    }
    for (let i = 0; i < granted; i += 1) sessions.opened();
  }

  it('shrink to what the server grants, and wait for one of those to end', async () => {
    const sessions = new Sessions(8);
    await burst(sessions, 8, 2);
    expect(sessions.limit).toBe(2);
    let third = false;
    const waiting = sessions.take(never).then(() => {
      third = true;
    });
    await new Promise(setImmediate);
    expect(third).toBe(false);
    sessions.ended();
    sessions.release();
    await waiting;
  });

  it('stay as many as the server ran before: it may just be closing one', async () => {
    const sessions = new Sessions(8);
    await burst(sessions, 8, 2);
    sessions.ended();
    sessions.release();
    await sessions.take(never);
    expect(sessions.refused()).toBe(true);
    expect(sessions.limit).toBe(2);
  });

  it('are not worth another try where none was ever granted', async () => {
    const sessions = new Sessions(8);
    await sessions.take(never);
    expect(sessions.refused()).toBe(false);
    expect(sessions.limit).toBe(1);
  });

  it('are as many as before on a new connection', async () => {
    const sessions = new Sessions(3);
    await sessions.take(never);
    sessions.refused();
    const second = sessions.take(never);
    sessions.reset();
    await second;
    expect(sessions.limit).toBe(3);
  });

  it('are not given to who has stopped waiting', async () => {
    const sessions = new Sessions(1);
    await sessions.take(never);
    const impatient = new AbortController();
    const gone = sessions.take(impatient.signal);
    const next = sessions.take(never);
    impatient.abort(new Error('no more time'));
    await expect(gone).rejects.toThrow('no more time');
    sessions.release();
    await next;
  });
});
