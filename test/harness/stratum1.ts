import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server that says of one repository what a test wants it to, as a Stratum 1 would. */
export interface Stratum1 {
  url: string;
  /** What `.cvmfspublished` says from now on; null: 404. */
  serves(revision: number | null): void;
  close(): Promise<void>;
}

export async function startStratum1(repository = 'software.eessi.io'): Promise<Stratum1> {
  let revision: number | null = null;
  const server = createServer((request, response) => {
    if (request.url !== `/cvmfs/${repository}/.cvmfspublished` || revision === null) {
      response.writeHead(404).end();
    } else response.end(manifest(repository, revision));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serves: (now) => (revision = now),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function manifest(repository: string, revision: number): string {
  const hash = 'a'.repeat(40);
  return `C${hash}\nB4096\nRd41d8\nD61\nS${revision}\nGno\nAno\nN${repository}\nX${hash}\nT1780000000\n--\n${hash}\n`;
}
