/** Stratum 1 servers as they may answer: late, wrong, endlessly, or not at all. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { strataOf } from '../../src/ingest/cvmfs/stratum.ts';

const REPO = 'software.eessi.io';
const manifest = (special = '') =>
  `C${'a'.repeat(40)}\nB4096\nRd41d8\nD240\nS42\nGno\nAno\nN${REPO}\nT1780000000\n${special}--\n${'a'.repeat(40)}\n\xff\x00`;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers by the last part of the path; 404 for the rest. */
const files = (bodies: Record<string, string | Buffer | number>) =>
  serve((request, response) => {
    const body = bodies[request.url?.split('/').at(-1) ?? ''];
    if (typeof body === 'number') response.writeHead(body).end();
    else response.writeHead(body === undefined ? 404 : 200).end(body);
  });

const strata = strataOf(REPO, { servers: [], withinMs: 7_200_000 });

describe('a Stratum 1', () => {
  it('is read by its manifest; what else it says of itself may be missing or wrong', async () => {
    const answered = { kind: 'answered', revision: 42, rootHash: 'a'.repeat(40) };
    const bare = await files({ '.cvmfspublished': manifest() });
    expect(await strata.look(bare)).toEqual({ ...answered, lastSnapshot: null, snapshotting: false });
    const full = await files({
      '.cvmfspublished': manifest(),
      '.cvmfs_status.json': '{"last_snapshot": "Fri Nov 20 20:22:29 UTC 2026"}',
      '.cvmfs_is_snapshotting': '',
    });
    const lastSnapshot = Date.UTC(2026, 10, 20, 20, 22, 29);
    expect(await strata.look(full)).toEqual({ ...answered, lastSnapshot, snapshotting: true });
    for (const status of ['', '<html>', '{"last_snapshot": {"a": 1}}', '[]', 500]) {
      const odd = await files({
        '.cvmfspublished': manifest(),
        '.cvmfs_status.json': status,
        '.cvmfs_is_snapshotting': 503,
      });
      expect(await strata.look(odd)).toEqual({ ...answered, lastSnapshot: null, snapshotting: false });
    }
  });

  it.each<[string, string | Buffer | number, RegExp]>([
    ['nothing', 404, /is not there/],
    ['an error', 500, /answered 500/],
    ['a page of a proxy', '<html>welcome</html>', /is no manifest/],
    ['another repository', manifest().replace(REPO, 'other.org'), /is no manifest/],
    ['no revision', manifest().replace('S42', 'S-1'), /is no manifest/],
    ['a revision beyond counting', manifest().replace('S42', `S${'9'.repeat(30)}`), /is no manifest/],
    ['half of it', manifest().slice(0, 60), /is no manifest/],
    ['too much', manifest('M1\n'.repeat(40_000)), /more than 65536 bytes/],
  ])('that has %s says nothing', async (_what, body, reason) => {
    const look = strata.look(await files({ '.cvmfspublished': body }));
    await expect(look).rejects.toBeInstanceOf(Retryable);
    await expect(look).rejects.toThrow(reason);
  });

  it('is not followed to another server, and no proxy answers from its memory', async () => {
    const memory: unknown[] = [];
    let visits = 0;
    const inside = await serve((_, response) => {
      visits += 1;
      response.end(manifest());
    });
    const url = await serve((request, response) => {
      memory.push(request.headers['cache-control']);
      response.writeHead(302, { location: `${inside}${request.url}` }).end();
    });
    await expect(strata.look(url)).rejects.toThrow(/answered 302/);
    expect(visits).toBe(0);
    expect(new Set(memory)).toEqual(new Set(['no-cache']));
  });

  it('cannot send more than fits by packing it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    await expect(strata.look(url)).rejects.toThrow(/more than 65536 bytes/);
  });

  it('cannot keep who asks waiting', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      response.write('S');
    });
    const patient = strataOf(REPO, { servers: [], withinMs: 1 }, 50);
    await expect(patient.look(url)).rejects.toThrow(/does not answer/);
  });

  it('that is not there does not answer', async () => {
    const url = await files({});
    servers[0]?.close();
    servers[0]?.closeAllConnections();
    await expect(strata.look(url)).rejects.toThrow(/does not answer/);
    servers.splice(0);
  });
});
