/** What tests of the directory publisher share: a folder of their own, publishers into it, and a look at what they showed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryPublisher } from '../../src/ingest/directory-publisher.ts';
import type { Publisher, SpooledArtifact, Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { silent } from './log.ts';
import { repository, spoolInto } from './spooled.ts';
import type { MemberSpec } from './tarballs.ts';

export interface DirectoryBench {
  readonly folder: string;
  /** Where publishers publish; a test may go to another one. */
  root: string;
  readonly transport: Transport;
  publisher(over?: Transport): Publisher;
  spooled(name: string, members: MemberSpec[]): Promise<SpooledArtifact>;
  /** Text of a file of the revision that is shown. */
  shown(path: string): Promise<string>;
  /** The folder of the publisher's own, where all revisions are. */
  area(): string;
  /** What lies in it, sorted. */
  revisions(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startDirectoryBench(): Promise<DirectoryBench> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-publish-'));
  const transport = localTransport();
  const bench: DirectoryBench = {
    folder,
    root: join(folder, 'cvmfs'),
    transport,
    publisher: (over = transport) => directoryPublisher({ root: bench.root, transport: over, log: silent }),
    spooled: (name, members) => spoolInto(folder, name, members),
    shown: (path) => readFile(join(bench.root, repository, path), 'utf8'),
    area: () => join(bench.root, '.stratobot', repository),
    revisions: async () => (await readdir(bench.area())).sort(),
    async close() {
      await transport.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}
