/** The App's log of webhooks, against a stateful double held to GitHub's API description. */
import { expect, test } from 'vitest';
import { againstTheDouble, double, github, taking } from './setup.ts';

againstTheDouble();

const LIST = { method: 'GET', path: /\/app\/hook\/deliveries$/ };

async function since(at: number) {
  const all = [];
  for await (const sent of github.deliveriesSince(at)) all.push(sent);
  return all;
}

test('the log is read page by page, newest first, and no further than was asked for', async () => {
  for (let number = 1; number <= 120; number += 1)
    await double.sendRaw({ event: 'star', payload: { action: 'created', number } });
  const all = await taking(2, since(0));
  expect(all.map(({ guid }) => guid)).toEqual(double.deliveries.map(({ guid }) => guid).reverse());
  expect(all[0]).toMatchObject({ event: 'star', action: 'created', taken: false });
  expect(await taking(1, all[0]?.payload() ?? Promise.resolve())).toEqual({ action: 'created', number: 120 });
  expect(await taking(1, since(Date.now() + 60_000))).toEqual([]);
});

test('what GitHub no longer has is null', async () => {
  const [newest] = await since(0);
  double.failNext({ method: 'GET', path: /\/deliveries\/\d+$/, status: 404 });
  expect(await newest?.payload()).toBeNull();
});

test('trouble is one of the domain', async () => {
  const [newest] = await since(0);
  double.failNext({ ...LIST, status: 502 });
  await expect(since(0)).rejects.toMatchObject({ name: 'Retryable' });
  double.failNext({ method: 'GET', path: /\/deliveries\/\d+$/, status: 502 });
  await expect(newest?.payload()).rejects.toMatchObject({ name: 'Retryable' });
  double.failNext({ ...LIST, status: 401 });
  await expect(since(0)).rejects.toMatchObject({ name: 'Permanent' });
});
