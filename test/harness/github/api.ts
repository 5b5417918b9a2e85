/** One REST request: found, authenticated, checked, handled, its answer checked. */
import { createHash, type KeyObject } from 'node:crypto';
import { Act } from './act.ts';
import { checkAccess, checkJwt, tokenOf } from './auth.ts';
import { Refusal, refused } from './errors.ts';
import type { AccessToken, Json, Repository } from './model.ts';
import { answerProblems, type Operation, operation, queryProblems, requestProblems } from './openapi.ts';
import { pathById, redirection } from './renamed.ts';
import { slug } from './render/app.ts';
import { findRoute } from './routes/all.ts';
import type { ApiAnswer, ApiRequest, Route } from './routes/route.ts';
import type { WebhookSender } from './webhooks.ts';
import type { World } from './world.ts';

export interface ApiSettings {
  readonly world: World;
  readonly webhooks: WebhookSender;
  readonly publicKey: string | KeyObject | undefined;
  readonly validate: boolean;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Handled {
  readonly answer: ApiAnswer;
  readonly template: string | null;
  readonly operationId: string | null;
  readonly actor: string | null;
  /** Sends the webhooks the request raised; called once the answer is on its way. */
  readonly finish: () => void;
}

const documentation = 'https://docs.github.com/rest';

/** Answers a request; refusals are answers too. Anything unexpected is a violation and a 500. */
export async function handleApi(settings: ApiSettings, sent: RawRequest): Promise<Handled> {
  const { world } = settings;
  const moved = redirection(world, sent);
  if (moved !== null)
    return { answer: moved, template: null, operationId: null, actor: null, finish: () => {} };
  const raw = { ...sent, path: pathById(world, sent.path) };
  const act = new Act(world, world.bot);
  const found = matched(raw);
  const route = found?.route ?? null;
  const op = route === null ? undefined : operation(route.method, route.template);
  let answer: ApiAnswer;
  let actor: string | null = null;
  try {
    if (found === null) {
      world.violation(`${raw.method} ${raw.path}: the double has no such route`);
      throw refused(404, 'Not Found');
    }
    const token = authenticate(settings, found.route, raw);
    actor = token === null ? slug(world) : world.bot.login;
    const repo = repositoryOf(world, found.params);
    if (token !== null) checkAccess(found.route, token, repo);
    const body = parseBody(raw.body);
    if (op !== undefined && settings.validate) checkRequest(world, op, raw.query, body);
    answer = await found.route.handle(
      request(settings, { act, token, repo, body: body ?? {}, raw, params: found.params }),
    );
  } catch (error) {
    answer = refusalOf(world, raw, error);
  }
  if (op !== undefined && settings.validate && answer.raw === undefined) {
    for (const problem of answerProblems(op, answer.status, plain(answer.body))) world.violation(problem);
  }
  return {
    answer: withEtag(raw, answer),
    template: route?.template ?? null,
    operationId: op?.operationId ?? null,
    actor,
    finish: () => settings.webhooks.dispatch(act.raised),
  };
}

function matched(raw: RawRequest) {
  try {
    return findRoute(raw.method, raw.path);
  } catch {
    return null; // a path that does not decode
  }
}

function authenticate(settings: ApiSettings, route: Route, raw: RawRequest): AccessToken | null {
  const authorization = raw.headers.authorization;
  if (route.needs !== 'app') return tokenOf(settings.world, authorization);
  checkJwt(settings.world, authorization, settings.publicKey);
  return null;
}

function repositoryOf(world: World, params: Readonly<Record<string, string>>): Repository | null {
  if (params.repo === undefined) return null;
  const repo = world.repositories.get(`${params.owner}/${params.repo}`.toLowerCase());
  if (repo === undefined) throw refused(404, 'Not Found');
  return repo;
}

function parseBody(text: string): Json | undefined {
  if (text === '') return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw refused(400, 'Problems parsing JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refused(400, 'Body should be a JSON object');
  return body as Json;
}

/** Notes every problem; what is invalid is refused, what is unknown is ignored, as on GitHub. */
function checkRequest(world: World, op: Operation, query: URLSearchParams, body: Json | undefined): void {
  const { invalid, unknown } = requestProblems(op, body);
  for (const problem of [...queryProblems(op, query), ...invalid, ...unknown]) world.violation(problem);
  if (invalid.length > 0) throw refused(422, `Invalid request.\n\n${invalid.join('\n')}`);
}

function request(
  settings: ApiSettings,
  given: {
    act: Act;
    token: AccessToken | null;
    repo: Repository | null;
    body: Json;
    raw: RawRequest;
    params: Record<string, string>;
  },
): ApiRequest {
  const { act, token, body, params, raw } = given;
  return {
    world: settings.world,
    webhooks: settings.webhooks,
    act,
    token,
    params,
    query: raw.query,
    accept: raw.headers.accept ?? '',
    body,
    get repo(): Repository {
      if (given.repo === null) throw refused(404, 'Not Found');
      return given.repo;
    },
  };
}

function refusalOf(world: World, raw: RawRequest, error: unknown): ApiAnswer {
  if (!(error instanceof Refusal)) {
    world.violation(
      `${raw.method} ${raw.path}: the double broke: ${error instanceof Error ? error.stack : error}`,
    );
    return { status: 500, body: { message: 'Server Error' } };
  }
  const errors = error.errors === undefined ? {} : { errors: error.errors };
  const body = {
    message: error.message,
    ...errors,
    documentation_url: documentation,
  };
  return { status: error.status, body };
}

/** The value as the client will read it: without undefined fields. */
function plain(body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body));
}

/** GitHub answers 304 to a reader who has the current version. */
function withEtag(raw: RawRequest, answer: ApiAnswer): ApiAnswer {
  if (raw.method !== 'GET' || answer.status !== 200 || answer.body === undefined) return answer;
  const etag = `W/"${createHash('sha256').update(JSON.stringify(answer.body)).digest('hex')}"`;
  const headers = { ...answer.headers, etag };
  return raw.headers['if-none-match'] === etag ? { status: 304, headers } : { ...answer, headers };
}
