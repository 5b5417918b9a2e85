/** Adapters made from the configuration: the database, build nodes, the artifact store. */
import { join } from 'node:path';
import { directoryStore } from '../artifacts/directory-store.ts';
import { s3Store } from '../artifacts/s3-store.ts';
import { type Signer, sshSigner, sshVerifier } from '../artifacts/signing.ts';
import type { PoolNodes } from '../builders/builders.ts';
import type { Config, CvmfsSettings, SshSettings } from '../config/config.ts';
import { cvmfsPublisher } from '../ingest/cvmfs/publisher.ts';
import { directoryPublisher } from '../ingest/directory-publisher.ts';
import type { SignatureRule } from '../ingest/signature-rule.ts';
import type { ArtifactStore, Clock, Log, Publisher, Transport } from '../ports.ts';
import { startEmbeddedPostgres } from '../store/embedded.ts';
import { localTransport } from '../transport/local.ts';
import { sshTransport } from '../transport/ssh.ts';
import { SshConnections } from '../transport/ssh-connections.ts';

/** What has to be closed again, in the order it was opened. */
export type Closing = (() => Promise<unknown>)[];

/** The database the configuration names, or one of our own in the data folder. */
export async function openDatabase(config: Config, log: Log, closing: Closing): Promise<string> {
  if (config.storage.databaseUrl !== null) return config.storage.databaseUrl;
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.storage.dataDir, 'postgres'), log });
  closing.push(() => postgres.stop());
  return postgres.databaseUrl;
}

/** Nodes of a pool with the way to each. */
export async function poolNodes(pool: Config['pools'][number], log: Log): Promise<PoolNodes> {
  const nodes = await Promise.all(
    pool.nodes.map(async ({ name, slots, ssh }) => ({
      name,
      slots,
      jobsDir: pool.jobsDir,
      transport: await transportTo(ssh, log),
    })),
  );
  return {
    name: pool.name,
    nodes,
    scheduler: pool.scheduler,
    timeLimitSeconds: pool.timeLimitSeconds,
    site: pool.site,
    skipTests: pool.skipTests,
    ...(pool.reposCfgDir === null ? {} : { reposCfgDir: pool.reposCfgDir }),
  };
}

/** Of this process: pools that name the same host share the way there. */
const connections = new SshConnections();

/** The way to a node or a Stratum 0: by SSH, or here. */
export async function transportTo(ssh: SshSettings | null, log: Log): Promise<Transport> {
  if (ssh === null) return localTransport();
  return sshTransport({ ...ssh, log }, connections);
}

/** Where artifacts are kept. */
export function artifactStore({ artifacts }: Config, log: Log): ArtifactStore {
  if (artifacts.kind === 'directory') return directoryStore(artifacts);
  const { endpoint, region, bucket, pathStyle, publicUrl, accessKeyId, secretAccessKey } = artifacts;
  return s3Store({
    ...(endpoint === null ? {} : { endpoint }),
    region,
    bucket,
    forcePathStyle: pathStyle,
    publicUrl,
    credentials: { accessKeyId, secretAccessKey },
    log,
  });
}

/** What publishes each repository. */
export async function openPublishers(
  config: Config,
  { clock, log, closing }: { clock: Clock; log: Log; closing: Closing },
): Promise<Map<string, Publisher>> {
  const publishers = new Map<string, Publisher>();
  for (const settings of config.publishers) {
    const transport = await transportTo(settings.kind === 'cvmfs' ? settings.ssh : null, log);
    closing.push(() => transport.close());
    const publisher =
      settings.kind === 'cvmfs'
        ? cvmfsPublisher({ ...stratum0(settings), transport, clock, log })
        : directoryPublisher({ root: settings.root, transport, log });
    publishers.set(settings.repository, publisher);
  }
  return publishers;
}

/** A Stratum 0 as the CernVM-FS publisher wants it described. */
export function stratum0({ kind: _, ssh: _ssh, othersSeconds, webSeconds, ...rest }: CvmfsSettings) {
  return { ...rest, patience: { transactionMs: othersSeconds * 1000, servedMs: webSeconds * 1000 } };
}

/** What signs artifacts, or null; a signature is for this instance. */
export function artifactSigner({ signingKeyFile: keyFile, instance }: Config): Signer | null {
  return keyFile === null ? null : sshSigner({ keyFile, namespace: instance });
}

/** How each repository wants signatures. */
export function signatureRules({
  publishers,
  instance,
}: Config): (repository: string) => SignatureRule | null {
  const rules = new Map<string, SignatureRule>();
  for (const { repository, allowedSigners, unsigned } of publishers) {
    if (allowedSigners === null) continue;
    rules.set(repository, { verifier: sshVerifier({ allowedSigners, namespace: instance }), unsigned });
  }
  return (repository) => rules.get(repository) ?? null;
}
