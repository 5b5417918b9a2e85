/** The bot's one HTTP server: the webhook's door and the pages. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';
import { createWebhookRoute } from '../handlers/webhook-route.ts';
import { logKeys } from '../web/log/keys.ts';
import { createWeb } from '../web/web.ts';
import { nodesNow } from '../workflow/nodes-now.ts';
import type { World } from '../workflow/world.ts';

/** What the health page asks. */
interface Probes {
  /** Throws when the database does not answer. */
  database(): Promise<void>;
  /** Whether no node is short of room, as far as was seen. */
  disks(): boolean;
  /** Whether the bot is ending. */
  draining(): boolean;
}

/** How long requests under way may take once the bot ends; whoever still reads or sends is cut off then. */
const LAST_REQUESTS_MS = 5_000;

/** Starts listening. */
export async function serve(config: Config, world: World, probes: Probes) {
  const closing = new AbortController();
  const server = createServer(await routes(config, world, probes, closing.signal));
  const url = await listen(server, config);
  const close = () => {
    closing.abort();
    return closeServer(server);
  };
  return { url, close };
}

/** The webhook's door first, then the pages; anything else is not here. */
async function routes(config: Config, world: World, probes: Probes, closing: AbortSignal) {
  const { records, queue, clock, log, logs } = world;
  const { webhookSecret, appId, privateKey } = config.github;
  const webhooks = await createWebhookRoute({
    webhookSecret,
    appId,
    privateKey,
    bodyLimit: config.limits.webhookBytes,
    records,
    queue,
    clock,
    log,
  });
  const health = async () => {
    const answers = await probes.database().then(
      () => true,
      () => false,
    );
    // A node without room is a matter for a person, not for whoever restarts what is sick.
    return { ok: answers, draining: probes.draining(), parts: { database: answers, disks: probes.disks() } };
  };
  const keys = logKeys(webhookSecret);
  const web = createWeb({
    instance: config.instance,
    publicUrl: config.server.publicUrl,
    gitUrl: config.github.gitUrl,
    records,
    logs,
    mayRead: async ({ id, repo, key }) =>
      (key !== null && keys.fits(id, key)) || (await world.github.isPublic(repo)),
    health,
    nodes: () => nodesNow(world),
    closing,
    log,
  });
  return (request: IncomingMessage, response: ServerResponse) => {
    (async () => {
      if ((await webhooks(request, response)) || (await web(request, response))) return;
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('There is nothing here.\n');
    })().catch((err) => {
      log.error({ err, path: request.url?.split('?')[0] }, 'a request could not be answered');
      response.destroy();
    });
  };
}

async function listen(server: Server, { server: { host, port } }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}
