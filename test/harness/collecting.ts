/** What tests of the collector share: a directory store in a folder of their own, and one call to collect into it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createCollector } from '../../src/artifacts/collector.ts';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import type { ArtifactName } from '../../src/domain/artifact.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import type { ArtifactStore, CollectResult } from '../../src/ports.ts';
import { silent } from './log.ts';

export const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
export const expectZen2 = {
  target: { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null },
  version: '2023.06',
} as const;
export const key = 'pr/7/artifact';

export interface Collecting {
  folder: string;
  store: ArtifactStore;
  collect(
    source: Readable | Buffer,
    options?: { compression?: 'gz' | 'zst'; into?: ArtifactStore; limits?: typeof defaultLimits },
  ): Promise<CollectResult>;
  /** Files in the store, also those that a reader of it does not see. */
  stored(): Promise<string[]>;
  /** Empties the store. */
  clear(): Promise<void>;
}

export async function startCollecting(): Promise<Collecting> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-collect-'));
  const store = directoryStore({ root: folder, baseUrl: 'https://artifacts.example' });
  return {
    folder,
    store,
    collect(source, { compression = 'gz', into = store, limits = defaultLimits } = {}) {
      return createCollector({ store: into, limits, log: silent }).collect({
        name: nameOf(compression),
        key,
        expect: expectZen2,
        source: Buffer.isBuffer(source) ? inPieces(source) : source,
        metadata: {},
      });
    },
    async stored() {
      const names = await readdir(folder, { recursive: true }).catch(() => []);
      return names.filter((name) => /\w$/.test(name) && !/^pr(\/7)?$/.test(name));
    },
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

export function nameOf(compression: 'gz' | 'zst'): ArtifactName {
  const name = parseArtifactName(
    `eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.${compression}`,
  );
  if ('problem' in name) throw new Error(name.problem);
  return name;
}

/** A stream of bytes that come a few at a time. */
export function inPieces(bytes: Buffer, size = 10_000): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );
}

/** Names of the rules that were broken, or the kind of another result. */
export const rulesOf = (result: CollectResult): string | string[] =>
  result.kind === 'refused' ? result.violations.map(({ rule }) => rule) : result.kind;

/** Content that no compressor makes small. */
export function noise(bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    content.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at);
  }
  return content;
}
