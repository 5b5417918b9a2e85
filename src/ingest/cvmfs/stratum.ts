import { Retryable } from '../../domain/errors.ts';
import type { StratumLook } from '../../domain/publication.ts';
import type { Strata } from '../../ports.ts';
import { type PublishedManifest, parsePublishedManifest } from './published-manifest.ts';

const answerTimeoutMs = 10_000;
/** A manifest has less than a kilobyte, a status a line. */
const maxBytes = 64 * 1024;

/** How far a Stratum is. */
type StratumStatus = Extract<StratumLook, { kind: 'answered' }>;

/** The Stratum 1 servers of a CernVM-FS repository; none is asked anything before `look`. */
export function strataOf(
  repository: string,
  config: Pick<Strata, 'servers' | 'withinMs'>,
  timeoutMs = answerTimeoutMs,
): Strata {
  return { ...config, look: (url) => stratumStatus(url, repository, timeoutMs) };
}

/**
 * Asks a Stratum over HTTP; `url` is what stands before `/cvmfs/<repository>`. What it says may be as old as its cache,
 * 61 s. Only the manifest has to be there: what else a server tells of itself is taken where it can be read. Throws
 * Retryable; when to ask again is for the caller to say.
 */
export async function stratumStatus(
  url: string,
  repository: string,
  timeoutMs = answerTimeoutMs,
): Promise<StratumStatus> {
  const below = `${url.replace(/\/+$/, '')}/cvmfs/${repository}`;
  const [manifest, status, busy] = await Promise.all([
    publishedManifest(url, repository, timeoutMs),
    get(`${below}/.cvmfs_status.json`, timeoutMs).catch(() => null),
    get(`${below}/.cvmfs_is_snapshotting`, timeoutMs).catch(() => null),
  ]);
  const { revision, rootHash } = manifest;
  const snapshotting = busy !== null;
  return { kind: 'answered', revision, rootHash, lastSnapshot: lastSnapshot(status), snapshotting };
}

/** The manifest of a repository as a Stratum serves it now; throws Retryable. */
export async function publishedManifest(
  url: string,
  repository: string,
  timeoutMs = answerTimeoutMs,
): Promise<PublishedManifest> {
  const address = `${url.replace(/\/+$/, '')}/cvmfs/${repository}/.cvmfspublished`;
  const bytes = await get(address, timeoutMs);
  if (bytes === null) throw new Retryable(`${address} is not there.`);
  const manifest = parsePublishedManifest(bytes);
  if (manifest === null || manifest.name !== repository) {
    throw new Retryable(`${address} is no manifest of ${repository}.`);
  }
  return manifest;
}

/** When the whitelist ends, unix ms: its line `E20261220213000`, in UTC. Null where a server does not say. Throws Retryable. */
export async function whitelistExpiry(url: string, repository: string): Promise<number | null> {
  const bytes = await get(`${url.replace(/\/+$/, '')}/cvmfs/${repository}/.cvmfswhitelist`, answerTimeoutMs);
  const text = bytes === null ? '' : new TextDecoder('latin1').decode(bytes);
  const [, year, month, day, hour, minute, second] =
    /^E(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/m.exec(text) ?? [];
  if (year === undefined) return null;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Null for 404; no proxy on the way shall answer from memory, and no answer leads to another server. */
async function get(address: string, timeoutMs: number): Promise<Uint8Array | null> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'cache-control': 'no-cache' };
    const response = await fetch(address, { signal, headers, redirect: 'manual' });
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Retryable(`${address} answered ${response.status}.`);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Retryable(`${address} answered with more than ${maxBytes} bytes.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof Retryable) throw error;
    throw new Retryable(`${address} does not answer.`, { cause: error });
  }
}

/** `{"last_snapshot": "Fri Nov 20 20:22:29 UTC 2026"}` */
function lastSnapshot(status: Uint8Array | null): number | null {
  if (status === null) return null;
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(status));
    if (typeof said !== 'object' || said === null || !('last_snapshot' in said)) return null;
    const time = Date.parse(
      String(said.last_snapshot).replace(/^(\w+ \w+ +\d+ [\d:]+) (\w+) (\d+)$/, '$1 $3 $2'),
    );
    return Number.isNaN(time) ? null : time;
  } catch {
    return null;
  }
}
