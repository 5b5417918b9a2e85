import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { domainError, ifStatus } from './errors.ts';
import { PAGE_SIZE } from './pages.ts';

/** The App's log of webhooks, which GitHub keeps for three days: https://docs.github.com/rest/apps/webhooks */
export function deliveries(api: Api): Pick<GitHub, 'deliveriesSince'> {
  return {
    async *deliveriesSince(since) {
      const pages = api.app.paginate.iterator(api.app.rest.apps.listWebhookDeliveries, {
        per_page: PAGE_SIZE,
      });
      try {
        for await (const { data } of pages) {
          for (const { id, guid, event, action, delivered_at, status_code } of data) {
            const deliveredAt = Date.parse(delivered_at);
            if (deliveredAt < since) return;
            const taken = status_code >= 200 && status_code < 300;
            yield { guid, event, action, deliveredAt, taken, payload: () => payloadOf(api, id) };
          }
        }
      } catch (error) {
        throw domainError(error, Date.now());
      }
    },
  };
}

/** What was sent; null when GitHub no longer has it. */
async function payloadOf({ app }: Api, id: number): Promise<unknown> {
  try {
    const answer = await ifStatus(app.rest.apps.getWebhookDelivery({ delivery_id: id }), [404, 410], null);
    return answer?.data.request.payload ?? null;
  } catch (error) {
    throw domainError(error, Date.now());
  }
}
