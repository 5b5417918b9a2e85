/** What a route is, and the few things every route needs. */
import type { Act } from '../act.ts';
import { invalid, refused } from '../errors.ts';
import type { AccessToken, Json, Repository } from '../model.ts';
import type { WebhookSender } from '../webhooks.ts';
import type { World } from '../world.ts';

/** A request that was matched, authenticated and checked. */
export interface ApiRequest {
  readonly world: World;
  readonly webhooks: WebhookSender;
  readonly act: Act;
  /** The installation token it came with; null on the App's own routes. */
  readonly token: AccessToken | null;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly body: Json;
  /** The repository of `{owner}/{repo}`; 404 when there is none to see. */
  readonly repo: Repository;
}

export interface ApiAnswer {
  readonly status: number;
  /** JSON; undefined sends no body. */
  readonly body?: unknown;
  /** Not JSON: sent as it is, and not checked. */
  readonly raw?: { readonly type: string; readonly data: Uint8Array | string };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path as GitHub's description writes it. */
  readonly template: string;
  /**
   * `app`: the App's JWT; otherwise an installation token with one of the named permissions,
   * such as `issues|pull_requests:write`.
   */
  readonly needs: 'app' | `${string}:${'read' | 'write'}`;
  readonly handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;
}

export const ok = (body: unknown): ApiAnswer => ({ status: 200, body });
export const created = (body: unknown): ApiAnswer => ({ status: 201, body });
export const noContent: ApiAnswer = { status: 204 };

/** A path parameter. */
export function param(request: ApiRequest, name: string): string {
  return request.params[name] ?? '';
}

/** A numeric path parameter; what is no number is not found. */
export function idParam(request: ApiRequest, name: string): number {
  const id = Number(param(request, name));
  if (!Number.isSafeInteger(id)) throw refused(404, 'Not Found');
  return id;
}

/** A string of the body, or undefined; anything else is refused. */
export function optionalText(body: Json, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid('Request', name, 'invalid');
  return value;
}

export function text(body: Json, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined) throw invalid('Request', name, 'missing_field');
  return value;
}

/** The list of objects under a name. */
export function objects(body: Json, name: string): Json[] {
  const value = body[name];
  return Array.isArray(value)
    ? value.filter((item): item is Json => typeof item === 'object' && item !== null)
    : [];
}

export function strings(body: Json, name: string): string[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** What of a list is on the page asked for, with the `Link` header that leads on. */
export function page<T>(
  request: ApiRequest,
  items: readonly T[],
): { items: T[]; headers: Record<string, string> } {
  const size = Math.min(100, Math.max(1, Number(request.query.get('per_page') ?? 30) || 30));
  const number = Math.max(1, Number(request.query.get('page') ?? 1) || 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const links: [string, number][] = [];
  if (number > 1) links.push(['prev', number - 1], ['first', 1]);
  if (number < last) links.push(['next', number + 1], ['last', last]);
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: linkHeader(request, 'page', links),
  };
}

/** A `Link` header with one query parameter set per relation. */
export function linkHeader(
  request: ApiRequest,
  parameter: string,
  links: readonly (readonly [string, number | string])[],
): Record<string, string> {
  if (links.length === 0) return {};
  const url = (value: number | string) => {
    const query = new URLSearchParams(request.query);
    query.set(parameter, String(value));
    return `${request.world.url}${request.params['*path'] ?? ''}?${query}`;
  };
  return { link: links.map(([relation, value]) => `<${url(value)}>; rel="${relation}"`).join(', ') };
}

/** A page of a list as an answer. */
export function paged<T>(request: ApiRequest, all: readonly T[], render: (item: T) => unknown): ApiAnswer {
  const { items, headers } = page(request, all);
  return { status: 200, body: items.map(render), headers };
}
