/** How the double delivers webhooks, and the log of deliveries. */
import { describe, expect, it } from 'vitest';
import {
  answerWebhooksWith,
  appClient,
  freshDoubleForEachTest,
  github,
  lastEvent,
  name,
  openPull,
  received,
} from './setup.ts';

freshDoubleForEachTest();

describe('webhooks', () => {
  it('are not tried again by themselves, stay in the log, and are redelivered with their GUID', async () => {
    answerWebhooksWith(500);
    await openPull();
    expect(received).toHaveLength(1);
    const app = appClient();
    const { data: failed } = await app.apps.listWebhookDeliveries();
    expect(failed).toMatchObject([
      { event: 'pull_request', action: 'opened', status_code: 500, redelivery: false },
    ]);
    answerWebhooksWith(200);
    await app.apps.redeliverWebhookDelivery({ delivery_id: failed[0]?.id ?? 0 });
    const again = await github.waitFor(() => github.deliveries[1], { what: 'the redelivery' });
    expect(again).toMatchObject({ guid: failed[0]?.guid, redelivery: true, statusCode: 200 });
    const { data: whole } = await app.apps.getWebhookDelivery({ delivery_id: again.id });
    expect(whole.request.payload).toMatchObject({ action: 'opened' });
    expect(github.violations).toEqual([]);
  });

  it('that get lost are found in the log, page by page', async () => {
    const pull = await openPull();
    for (const body of ['1', '2', '3'])
      await github.comment(name, pull.number, { by: 'bob', body, deliver: false });
    expect(received).toHaveLength(1);
    const app = appClient();
    const first = await app.apps.listWebhookDeliveries({ per_page: 2 });
    const cursor = /cursor=(\d+)/.exec(first.headers.link ?? '')?.[1] ?? '';
    const second = await app.apps.listWebhookDeliveries({ per_page: 2, cursor });
    expect([...first.data, ...second.data].map((one) => one.status_code)).toEqual([502, 502, 502, 200]);
    expect(second.headers.link).toBeUndefined();
  });

  it('of events the App did not ask for are not sent; raw ones are', async () => {
    await github.pushBranch(name, 'main', { by: 'bob', changes: { 'x.txt': 'x' } });
    expect(received).toEqual([]);
    await github.sendRaw({
      event: 'ping',
      payload: { zen: 'ok' },
      headers: { 'X-Hub-Signature-256': 'sha256=0' },
    });
    expect(lastEvent().headers['x-hub-signature-256']).toBe('sha256=0');
  });
});
