import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Repository } from './repository.ts';

/** A Stratum 0 or a replica, as seen over HTTP. */
export interface Stratum {
  /** What stands before `/cvmfs/<repo>`. */
  url: string;
  close(): Promise<void>;
}

export interface Replica extends Stratum {
  /** Catches up with the Stratum 0; until then it serves what it had. */
  snapshot(): void;
  /** While true, `.cvmfs_is_snapshotting` exists. */
  snapshotting(on: boolean): void;
}

/** The Stratum 0's web server. */
export interface Stratum0 extends Stratum {
  /** It answers like a cache that is as many revisions behind. */
  lag(revisions: number): void;
  /** When `.cvmfswhitelist` ends; null: it is not served. A month from now at first, as it is signed. */
  whitelistEnds(end: Date | null): void;
}

export async function serveStratum0(repository: Repository): Promise<Stratum0> {
  let behind = 0;
  let whitelistEnd: Date | null = new Date(Date.now() + 30.5 * 86_400_000);
  const served = await serve((path) => {
    if (path === '/.cvmfswhitelist' && whitelistEnd !== null) return whitelist(repository, whitelistEnd);
    if (path !== '/.cvmfspublished') return null;
    return publishedManifest(repository, repository.read().revision - behind);
  }, repository);
  return {
    ...served,
    lag: (revisions) => (behind = revisions),
    whitelistEnds: (end) => (whitelistEnd = end),
  };
}

export async function serveReplica(repository: Repository): Promise<Replica> {
  let revision = repository.read().revision;
  let last = utc(new Date());
  let busy = false;
  const served = await serve((path) => {
    if (path === '/.cvmfspublished') return publishedManifest(repository, revision);
    if (path === '/.cvmfs_status.json') return Buffer.from(`{"last_snapshot": "${last}"}\n`);
    return path === '/.cvmfs_is_snapshotting' && busy ? Buffer.from('') : null;
  }, repository);
  return {
    ...served,
    snapshot() {
      revision = repository.read().revision;
      last = utc(new Date());
    },
    snapshotting: (on) => (busy = on),
  };
}

async function serve(find: (path: string) => Buffer | null, repository: Repository): Promise<Stratum> {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const below = `/cvmfs/${repository.name}`;
    const repositories = [{ name: repository.name, url: below }];
    const body =
      url === '/cvmfs/info/v1/repositories.json'
        ? Buffer.from(JSON.stringify({ schema: 1, repositories }))
        : url.startsWith(`${below}/`)
          ? find(url.slice(below.length))
          : null;
    response.writeHead(body === null ? 404 : 200, { 'cache-control': 'max-age=61' });
    response.end(body ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** `.cvmfspublished`: lines of a letter and a value, then a hash and a binary signature. */
function publishedManifest(repository: Repository, revision: number): Buffer {
  const { hash } = repository.tagOf('', revision, '');
  const lines = [
    `C${hash}`,
    'B4096',
    `R${createHash('md5').update('').digest('hex')}`,
    'D61',
    `S${revision}`,
    'Gyes',
    'Ano',
    `N${repository.name}`,
    `X${hash}`,
    `H${hash}`,
    `T${Math.floor(Date.now() / 1000)}`,
    `M${hash}`,
    `Y${hash}`,
    '--',
    hash,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0xff, 0x00, 0x0a, 0x53, 0x39])]);
}

/** `.cvmfswhitelist`: when it was signed, when it ends, for whom, fingerprints; then a hash and a binary signature. */
function whitelist({ name }: Repository, end: Date): Buffer {
  const stamp = (date: Date) => date.toISOString().replaceAll(/[-:T]|\..*/g, '');
  const print = 'AB:'.repeat(20).slice(0, -1);
  const lines = [stamp(new Date()), `E${stamp(end)}`, `N${name}`, print, '--', 'c'.repeat(40)];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0xff, 0x00, 0x45, 0x0a])]);
}

/** As `date -u` prints it: `Fri Nov 20 20:22:29 UTC 2026`. */
function utc(date: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`;
}
