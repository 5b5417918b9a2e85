/** What tests of the CernVM-FS publisher share: a server, a publisher for it, deploys made of small tarballs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cvmfsPublisher } from '../../../src/ingest/cvmfs/publisher.ts';
import type { CvmfsOptions } from '../../../src/ingest/cvmfs/site.ts';
import type { Log, Publisher, SpooledArtifact, Transport } from '../../../src/ports.ts';
import { localTransport } from '../../../src/transport/local.ts';
import { type Cvmfs, newCvmfs } from '../cvmfs.ts';
import { silent } from '../log.ts';
import { compress, type MemberSpec, sha256, tar } from '../tarballs.ts';

export type CvmfsDeploy = Parameters<Publisher['publish']>[0];

export interface CvmfsBench {
  cvmfs: Cvmfs;
  stateDir: string;
  stratum0: Awaited<ReturnType<Cvmfs['stratum0']>>;
  publisher(options?: Partial<CvmfsOptions>): Publisher;
  /** Options of `publisher()`, for a process of its own. */
  options: Omit<CvmfsOptions, 'transport' | 'log' | 'clock'>;
  close(): Promise<void>;
}

export async function cvmfsBench(log: Log = silent): Promise<CvmfsBench> {
  const cvmfs = newCvmfs();
  const stratum0 = await cvmfs.stratum0();
  const transports: Transport[] = [];
  const stateDir = join(cvmfs.root, 'stratobot');
  const options = {
    stratum0Url: stratum0.url,
    stateDir,
    cvmfsServer: cvmfs.command,
    mountRoot: cvmfs.mountRoot,
    storage: cvmfs.storage,
    patience: { transactionMs: 1_000, servedMs: 1_000, pollMs: 5 },
  };
  return {
    cvmfs,
    stateDir,
    stratum0,
    options,
    publisher(more) {
      const transport = localTransport();
      transports.push(transport);
      return cvmfsPublisher({ ...options, transport, log, clock: { now: () => Date.now() }, ...more });
    },
    async close() {
      await Promise.all(transports.map((transport) => transport.close()));
      await cvmfs.close();
    },
  };
}

/** The bot's configuration for it. */
export function publisherConfig({ cvmfs, stateDir, stratum0 }: CvmfsBench): object {
  return {
    repository: cvmfs.name,
    unsigned: 'accept',
    cvmfs: {
      local: true,
      stratum0_url: stratum0.url,
      state_dir: stateDir,
      cvmfs_server: cvmfs.command,
      mount_root: cvmfs.mountRoot,
      storage: cvmfs.storage,
    },
  };
}

/** Artifacts by file name; they lie in a spool as the bot would have put them there. */
export function cvmfsDeploy(
  cvmfs: Cvmfs,
  id: number,
  artifacts: Record<string, readonly MemberSpec[] | Buffer>,
): CvmfsDeploy {
  const spool = join(cvmfs.root, 'bot', `deploy-${id}`);
  mkdirSync(spool, { recursive: true });
  const files = Object.entries(artifacts).map(([name, members], index): SpooledArtifact => {
    const bytes = Buffer.isBuffer(members) ? members : tar(members, Buffer.alloc(10_240));
    const compressed = compress(bytes, name.endsWith('.gz') ? 'gz' : 'zst');
    const path = join(spool, name);
    writeFileSync(path, compressed);
    return {
      artifactId: index,
      name,
      sha256: sha256(compressed),
      bytes: compressed.length,
      key: name,
      target: 'linux/x86_64/amd/zen2',
      repository: cvmfs.name,
      path,
    };
  });
  const digest = sha256(files.map((file) => file.sha256).join());
  return { id, repository: cvmfs.name, digest, approvedBy: ['ana'], rebuild: true, files };
}

/** Name and members of a software tarball for a CPU. */
export function software(cpu: string, app: string, extra: readonly MemberSpec[] = []) {
  const name = `eessi-2025.06-software-linux-${cpu.replaceAll('/', '-')}-17796967460.tar.zst`;
  const prefix = `2025.06/software/linux/${cpu}`;
  return {
    [name]: [
      { path: '2025.06/software/' },
      { path: `${prefix}/modules/all/${app}/1.0.lua`, content: `help([==[${app}]==])` },
      { path: `${prefix}/software/${app}/1.0/bin/run`, content: `${app} for ${cpu}`, mode: 0o755 },
      ...extra,
    ],
  };
}

/** A transport that does something before a command, and may not run it at all. */
export function transportWith(
  before: (argv: readonly string[], count: number) => Promise<'run' | { stdout: string }>,
): Transport {
  const real = localTransport();
  let count = 0;
  return {
    ...real,
    async exec(argv, options) {
      const what = await before(argv, count++);
      if (what === 'run') return await real.exec(argv, options);
      return { code: 0, stdout: Buffer.from(what.stdout), stderr: Buffer.alloc(0) };
    },
  };
}

/** A process that dies: after so many commands nothing it does reaches the server any more. */
export function dyingAfter(commands: number): { transport: Transport; seen: string[][] } {
  const seen: string[][] = [];
  const transport = transportWith(async (argv, count) => {
    if (count >= commands) throw new Error('died');
    seen.push([...argv]);
    return 'run';
  });
  return { transport, seen };
}

/** Whether the state on the server can be another after a command of the publisher than before it. */
export function changesServer(argv: readonly string[] = []): boolean {
  if (argv[0] === 'sh') return !argv.some((word) => word.includes('echo never'));
  return ['mkdir', 'ln', 'tee', 'mv', 'dd', 'rm', 'find'].includes(argv[0] ?? '');
}
