/** Git over smart HTTP: `git http-backend` as a CGI program behind the double's own server. */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { relative } from 'node:path';
import { Act } from './act.ts';
import { followBranches } from './actions/pulls.ts';
import { basicCredential, covers } from './auth.ts';
import { gitEnvironment } from './git-run.ts';
import type { Account, Repository } from './model.ts';
import type { WebhookSender } from './webhooks.ts';
import type { World } from './world.ts';

const gitPath = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack))$/;
const backendTimeoutMs = 60_000;
const longestHeader = 64 * 1024;

/** The repository and the rest of the path of a git request, or null when it is none. */
export function gitTarget(world: World, path: string): { repo: Repository | null; rest: string } | null {
  const found = gitPath.exec(path);
  if (found === null) return null;
  const [, owner = '', name = '', rest = ''] = found;
  const full = `${owner}/${name}`.toLowerCase();
  return { repo: world.repositories.get(full) ?? world.formerNames.get(full) ?? null, rest };
}

/** Serves one git request; resolves with its status once it is over and pull requests have followed. */
export async function serveGit(
  context: { world: World; webhooks: WebhookSender },
  target: { repo: Repository | null; rest: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const { world, webhooks } = context;
  const { repo } = target;
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const writes = target.rest === '/git-receive-pack' || query.get('service') === 'git-receive-pack';
  const reader = whoIs(world, request, repo);
  const mayRead = repo !== null && (!repo.isPrivate || (reader !== null && reader.level !== 'none'));
  if (repo === null || !mayRead || (writes && reader === null)) {
    const challenge = reader === null ? { 'www-authenticate': 'Basic realm="GitHub"' } : {};
    return refuse(response, reader === null ? 401 : 404, challenge);
  }
  if (writes && reader?.level !== 'write') return refuse(response, 403, {});
  const act = new Act(world, reader?.account ?? world.bot);
  const call = { repo, rest: target.rest, query, user: reader?.account.login };
  const status = await runBackend(world, call, request, response);
  // The client learns of the end only when pull requests have followed.
  if (target.rest === '/git-receive-pack') await followBranches(act, repo);
  response.end();
  webhooks.dispatch(act.raised);
  return status;
}

/** An installation token, or a person by name (any password), and what they may do here. */
function whoIs(
  world: World,
  request: IncomingMessage,
  repo: Repository | null,
): { account: Account; level: 'none' | 'read' | 'write' } | null {
  const given = basicCredential(request.headers.authorization);
  if (given === null) return null;
  const token = world.tokens.get(given.password);
  if (token !== undefined) {
    if (token.expiresAt <= world.milliseconds()) return null;
    const granted = repo !== null && covers(token, repo) ? token.permissions.contents : undefined;
    return {
      account: world.bot,
      level: granted === 'write' ? 'write' : granted === 'read' ? 'read' : 'none',
    };
  }
  const account = world.accounts.get(given.user.toLowerCase());
  if (account === undefined || account.type !== 'User' || repo === null) return null;
  const permission = world.permission(repo, account);
  const level = permission === 'none' ? 'none' : ['read', 'triage'].includes(permission) ? 'read' : 'write';
  return { account, level };
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>): number {
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end('Repository not found.\n');
  return status;
}

async function runBackend(
  world: World,
  call: { repo: Repository; rest: string; query: URLSearchParams; user: string | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const { headers } = request;
  const optional: Record<string, string | string[] | undefined> = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol'],
    REMOTE_USER: call.user,
  };
  const given = Object.entries(optional).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const backend = spawn('git', ['http-backend'], {
    timeout: backendTimeoutMs,
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: world.gitRoot,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: `/${relative(world.gitRoot, call.repo.git.dir)}${call.rest}`,
      QUERY_STRING: call.query.toString(),
      REMOTE_ADDR: '127.0.0.1',
      ...Object.fromEntries(given),
    },
  });
  backend.stdin.on('error', () => {}); // the backend may refuse before it has read all
  backend.stderr.resume();
  request.pipe(backend.stdin);
  response.once('close', () => backend.kill());
  let head = Buffer.alloc(0);
  let status = 0;
  backend.stdout.on('data', (chunk: Buffer) => {
    if (status > 0) {
      if (!response.write(chunk)) backend.stdout.pause();
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length < longestHeader) return;
    status = writeHead(response, head.subarray(0, Math.max(0, end)).toString());
    response.write(head.subarray(end + 4));
  });
  response.on('drain', () => backend.stdout.resume());
  await new Promise<void>((resolve, reject) => {
    backend.once('error', reject);
    backend.once('close', resolve);
  });
  return status === 0 ? refuse(response, 500, {}) : status;
}

/** CGI headers; `Status` is the answer's status, 200 when it is missing. */
function writeHead(response: ServerResponse, text: string): number {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else if (colon > 0) response.setHeader(name, value);
  }
  response.writeHead(status);
  return status;
}
