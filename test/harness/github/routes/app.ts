/** The App itself: installations, tokens, the delivery log. */
import { covers } from '../auth.ts';
import { refused } from '../errors.ts';
import type { Installation, Json } from '../model.ts';
import { renderApp, renderInstallation } from '../render/app.ts';
import { renderRepository } from '../render/repository.ts';
import type { Delivery } from '../webhooks.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  created,
  idParam,
  linkHeader,
  ok,
  page,
  paged,
  param,
  type Route,
  strings,
} from './route.ts';

export const appRoutes: readonly Route[] = [
  { method: 'GET', template: '/app', needs: 'app', handle: ({ world }) => ok(authenticatedApp(world)) },
  {
    method: 'GET',
    template: '/app/installations',
    needs: 'app',
    handle: (request) =>
      paged(request, [...request.world.installations.values()], (one) =>
        renderInstallation(request.world, one),
      ),
  },
  {
    method: 'POST',
    template: '/app/installations/{installation_id}/access_tokens',
    needs: 'app',
    handle: createToken,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/installation',
    needs: 'app',
    handle: ({ world, repo }) => {
      const installation = world.installationOf(repo);
      if (installation === undefined) throw refused(404, 'Not Found');
      return ok(renderInstallation(world, installation));
    },
  },
  {
    method: 'GET',
    template: '/orgs/{org}/installation',
    needs: 'app',
    handle: (request) => installedOn(request, 'org', 'Organization'),
  },
  {
    method: 'GET',
    template: '/users/{username}/installation',
    needs: 'app',
    handle: (request) => installedOn(request, 'username', 'User'),
  },
  { method: 'GET', template: '/installation/repositories', needs: 'metadata:read', handle: listRepositories },
  {
    method: 'GET',
    template: '/app/hook/config',
    needs: 'app',
    handle: ({ webhooks }) =>
      ok({ content_type: 'json', insecure_ssl: '0', secret: '********', url: webhooks.url ?? '' }),
  },
  { method: 'GET', template: '/app/hook/deliveries', needs: 'app', handle: listDeliveries },
  {
    method: 'GET',
    template: '/app/hook/deliveries/{delivery_id}',
    needs: 'app',
    handle: (request) => ok(renderDelivery(request, deliveryOf(request))),
  },
  {
    method: 'POST',
    template: '/app/hook/deliveries/{delivery_id}/attempts',
    needs: 'app',
    handle: (request) => {
      request.webhooks.redeliver(deliveryOf(request)).catch(() => {}); // the log keeps its failure
      return { status: 202, body: {} };
    },
  },
];

function authenticatedApp(world: ApiRequest['world']): Json {
  return { ...renderApp(world), installations_count: world.installations.size };
}

function installedOn(request: ApiRequest, name: string, type: string): ApiAnswer {
  const installation = request.world.installations.get(param(request, name).toLowerCase());
  if (installation?.account.type !== type) throw refused(404, 'Not Found');
  return ok(renderInstallation(request.world, installation));
}

/** What the token reaches. */
function listRepositories(request: ApiRequest): ApiAnswer {
  const { world, token } = request;
  const reached = [...world.repositories.values()].filter((repo) => token !== null && covers(token, repo));
  const { items, headers } = page(request, reached);
  const repositories = items.map((repo) => renderRepository(world, repo));
  return { status: 200, body: { total_count: reached.length, repositories }, headers };
}

function createToken(request: ApiRequest): ApiAnswer {
  const { world, body } = request;
  const id = idParam(request, 'installation_id');
  const installation = [...world.installations.values()].find((one) => one.id === id);
  if (installation === undefined) throw refused(404, 'Not Found');
  const limited = limitTo(request, installation);
  const asked = body.permissions as Record<string, string> | undefined;
  for (const [name, level] of Object.entries(asked ?? {})) {
    const granted = world.app.permissions[name];
    if (granted === undefined || (level === 'write' && granted === 'read')) {
      throw refused(422, `The permissions requested are not granted to this installation.`);
    }
  }
  const permissions = asked === undefined ? world.app.permissions : { metadata: 'read', ...asked };
  const ids = limited?.map((repo) => repo.id) ?? null;
  const { secret, token } = world.issueToken({ installation, permissions, repositories: ids });
  return created({
    token: secret,
    expires_at: `${new Date(token.expiresAt).toISOString().slice(0, 19)}Z`,
    permissions,
    repository_selection: limited === null ? 'all' : 'selected',
    ...(limited === null ? {} : { repositories: limited.map((repo) => renderRepository(world, repo)) }),
  });
}

/** The repositories a token is limited to, or null for all. */
function limitTo({ world, body }: ApiRequest, installation: Installation) {
  const names = strings(body, 'repositories');
  const ids = Array.isArray(body.repository_ids) ? body.repository_ids : [];
  if (names.length === 0 && ids.length === 0) return null;
  const own = [...world.repositories.values()].filter((repo) => repo.owner.id === installation.account.id);
  const chosen = own.filter((repo) => names.includes(repo.name) || ids.includes(repo.id));
  if (chosen.length < names.length + ids.length) {
    throw refused(422, 'There is at least one repository that does not exist or is not accessible');
  }
  return chosen;
}

/** Newest first; the cursor is the id of the last delivery of the page before. */
function listDeliveries(request: ApiRequest): ApiAnswer {
  const cursor = Number(request.query.get('cursor') ?? Number.POSITIVE_INFINITY);
  const size = Math.min(100, Number(request.query.get('per_page') ?? 30) || 30);
  const status = request.query.get('status');
  const older = request.webhooks.deliveries
    .toReversed()
    .filter((delivery) => delivery.id < cursor)
    .filter((delivery) => status === null || (status === 'failure') === isFailure(delivery));
  const shown = older.slice(0, size);
  const last = shown.at(-1);
  const next = older.length > size && last !== undefined ? [['next', String(last.id)] as const] : [];
  return { status: 200, body: shown.map(renderDeliveryItem), headers: linkHeader(request, 'cursor', next) };
}

function isFailure(delivery: Delivery): boolean {
  return delivery.statusCode >= 400;
}

function deliveryOf(request: ApiRequest): Delivery {
  const id = idParam(request, 'delivery_id');
  const delivery = request.webhooks.deliveries.find((one) => one.id === id);
  if (delivery === undefined) throw refused(404, 'Not Found');
  return delivery;
}

function renderDeliveryItem(delivery: Delivery): Json {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: Math.round(delivery.durationMs) / 1000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

function renderDelivery(request: ApiRequest, delivery: Delivery): Json {
  return {
    ...renderDeliveryItem(delivery),
    url: request.webhooks.url ?? '',
    request: { headers: delivery.requestHeaders, payload: delivery.payload },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  };
}
