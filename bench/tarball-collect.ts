/** The collector in a process of its own, so that its peak of memory is its own: one collection for each message. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createCollector } from '../src/artifacts/collector.ts';
import { directoryStore } from '../src/artifacts/directory-store.ts';
import { parseArtifactName } from '../src/domain/artifact-name.ts';
import { expectationOf } from '../src/tarball/examine.ts';
import { silent } from '../test/harness/log.ts';

export interface Collected {
  ms: number;
  files: number;
  contentBytes: number;
  /** Highest resident memory of the process so far. */
  peakBytes: number;
}

process.on('message', (path: string) => {
  collect(path).then(
    (collected) => process.send?.(collected),
    (error) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});

async function collect(path: string): Promise<Collected> {
  const name = parseArtifactName(basename(path));
  if ('problem' in name) throw new Error(name.problem);
  const root = await mkdtemp(join(tmpdir(), 'stratobot-bench-store-'));
  try {
    const store = directoryStore({ root, baseUrl: 'https://artifacts.example' });
    const collector = createCollector({ store, log: silent });
    const begin = performance.now();
    const source = createReadStream(path);
    const expect = expectationOf(name);
    const result = await collector.collect({ name, key: 'artifact', expect, source, metadata: {} });
    const ms = performance.now() - begin;
    if (result.kind !== 'stored') throw new Error(JSON.stringify(result.violations));
    const { files, contentBytes } = result.overview;
    return { ms, files, contentBytes, peakBytes: await peakBytes() };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Linux counts it for each program anew; what getrusage() gives is inherited from the process that started it. */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kib) * 1024;
}
