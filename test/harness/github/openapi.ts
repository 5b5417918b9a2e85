/** GitHub's own description of its REST API and webhooks: what the double and its clients are held to. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Json } from './model.ts';
import { type Schema, SchemaSet } from './schema.ts';

interface MediaType {
  readonly schema?: Schema;
}
interface Answer {
  readonly $ref?: string;
  readonly content?: Record<string, MediaType>;
}
interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly schema?: Schema;
}
/** One method on one path. */
export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, MediaType> };
  readonly responses: Record<string, Answer>;
}
interface Description {
  readonly paths?: Record<string, Record<string, Operation>>;
  readonly webhooks?: Record<string, { readonly post: Operation }>;
  readonly components: {
    readonly schemas: Record<string, Schema>;
    readonly parameters?: Record<string, Parameter>;
    readonly responses?: Record<string, Answer>;
  };
}

/** A description with its compiled schemas. The files are large: each is read once per process, when first needed. */
class Loaded {
  readonly description: Description;
  readonly schemas: SchemaSet;

  constructor(file: string) {
    this.description = JSON.parse(readFileSync(file, 'utf8')) as Description;
    this.schemas = new SchemaSet(this.description.components.schemas);
  }
}

const require = createRequire(import.meta.url);
let restDescription: Loaded | undefined;
let webhookDescription: Loaded | undefined;

function rest(): Loaded {
  if (restDescription === undefined) {
    restDescription = new Loaded(require.resolve('@octokit/openapi/generated/api.github.com.json'));
    correct(restDescription.description);
  }
  return restDescription;
}

/** Where the description is wrong: the accounts of listed installations are both user and enterprise there, and forks stay. */
function correct(description: Description): void {
  const listed =
    description.paths?.['/app/installations']?.get?.responses['200']?.content?.['application/json']?.schema;
  if (listed !== undefined) listed.items = { $ref: '#/components/schemas/installation' };
  forksMayBeGone(description);
}

/** As it says itself of some webhooks (`pull_request.labeled`), and forgot elsewhere. */
function forksMayBeGone({ components }: Description): void {
  for (const name of ['pull-request', 'pull-request-simple']) {
    const sides = components.schemas[name]?.properties as Record<string, Schema> | undefined;
    const head = sides?.head?.properties as Record<string, Schema> | undefined;
    if (head?.repo !== undefined) head.repo = { nullable: true, allOf: [head.repo] };
  }
}

function webhooks(): Loaded {
  if (webhookDescription === undefined) {
    webhookDescription = new Loaded(
      require.resolve('@octokit/openapi-webhooks/generated/api.github.com.json'),
    );
    forksMayBeGone(webhookDescription.description);
  }
  return webhookDescription;
}

/** The operation behind a method and a path template such as `/repos/{owner}/{repo}`. */
export function operation(method: string, template: string): Operation | undefined {
  return rest().description.paths?.[template]?.[method.toLowerCase()];
}

/** Query parameters the operation does not have, and values of the wrong type. */
export function queryProblems(op: Operation, query: URLSearchParams): string[] {
  const known = new Map<string, Schema>();
  for (const given of op.parameters ?? []) {
    const parameter = deref(given, rest().description.components.parameters, '#/components/parameters/');
    if (parameter.in === 'query') known.set(parameter.name, parameter.schema ?? {});
  }
  return [...query].flatMap(([name, value]) => {
    const schema = known.get(name);
    if (schema === undefined) return [`${op.operationId}: no query parameter '${name}'`];
    const typed = schema.type === 'integer' && /^-?\d+$/.test(value) ? Number(value) : value;
    return rest().schemas.invalid(schema, typed, `${op.operationId} ?${name}`);
  });
}

/** What is wrong with the body a client sent: GitHub refuses what is invalid and ignores what it does not know. */
export function requestProblems(
  op: Operation,
  body: Json | undefined,
): { invalid: string[]; unknown: string[] } {
  const where = `${op.operationId} request`;
  const schema = op.requestBody?.content['application/json']?.schema;
  if (body === undefined) {
    return {
      invalid: op.requestBody?.required === true ? [`${where}: a body is required`] : [],
      unknown: [],
    };
  }
  if (schema === undefined) {
    return {
      invalid: [],
      unknown: Object.keys(body).map((name) => `${where}/${name}: the operation takes no body`),
    };
  }
  const { schemas } = rest();
  return { invalid: schemas.invalid(schema, body, where), unknown: schemas.unknown(schema, body, where) };
}

/** What is wrong with an answer: an undescribed status, or a body that is not as described. */
export function answerProblems(op: Operation, status: number, body: unknown): string[] {
  const where = `${op.operationId} answer ${status}`;
  const given = op.responses[status];
  // Rate limits, authentication and validation may answer for any operation, described or not.
  if (given === undefined)
    return [401, 403, 404, 422, 429].includes(status) ? [] : [`${where}: not described`];
  const answer = deref(given, rest().description.components.responses, '#/components/responses/');
  const schema = answer.content?.['application/json']?.schema;
  // Errors carry a message even where none is described.
  if (schema === undefined) return body === undefined || status >= 400 ? [] : [`${where}: must have no body`];
  return rest().schemas.problems(schema, body, where);
}

/** What is wrong with a webhook's payload; events are as in `X-GitHub-Event`. */
export function payloadProblems(event: string, payload: Json): string[] {
  const action = typeof payload.action === 'string' ? `/${payload.action}` : '';
  const name = `${event}${action}`.replaceAll('_', '-').replace('/', '-');
  const schema =
    webhooks().description.webhooks?.[name]?.post.requestBody?.content['application/json']?.schema;
  if (schema === undefined) return [`webhook ${event}${action}: GitHub sends no such event`];
  return webhooks().schemas.problems(schema, payload, `webhook ${event}${action}`);
}

function deref<T extends { readonly $ref?: string }>(
  value: T,
  components: Record<string, T> | undefined,
  prefix: string,
): T {
  if (value.$ref === undefined) return value;
  const found = components?.[value.$ref.slice(prefix.length)];
  if (found === undefined) throw new Error(`the description lacks ${value.$ref}`);
  return found;
}
