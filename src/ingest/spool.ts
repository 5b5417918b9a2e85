import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactName, Violation } from '../domain/artifact.ts';
import { parseArtifactName } from '../domain/artifact-name.ts';
import type { DeployItem } from '../domain/deploy.ts';
import { showName, type TarballLimits, tarballPolicy } from '../domain/tarball-policy.ts';
import { targetName } from '../domain/target.ts';
import type { ArtifactStore, Log, Spool, SpooledArtifact } from '../ports.ts';
import { listTarball } from '../tarball/list.ts';
import { chunksOf } from '../tarball/source.ts';

/**
 * Brings the artifacts of a deploy to this machine and verifies them, so that what is published is what was approved:
 * size and digest, then the whole tarball policy again, in one pass. What does not match is an incident and is
 * refused; a store that does not answer is Retryable. Files that are here already are verified like new ones.
 */
export function createSpool(options: {
  dir: string;
  store: ArtifactStore;
  limits: TarballLimits;
  log: Log;
}): Spool {
  const { dir, store, limits, log } = options;
  const directoryOf = (deployId: number): string => join(dir, `deploy-${deployId}`);

  /** The artifact's own violations; none: it is at the path, verified. */
  const bring = async (item: DeployItem, name: ArtifactName, directory: string): Promise<Violation[]> => {
    const path = join(directory, item.name);
    if (await exists(path)) {
      const onDisk = createReadStream(path);
      const found = await verify(chunksOf(onDisk, path), item, name, limits);
      if (found.matches) return found.violations;
      log.warn({ artifact: item.name, path }, 'spooled file is not what was approved, fetching it again');
      await rm(path);
    }
    const content = await store.open(item.key);
    if (content === null) return [{ rule: 'missing', sentence: 'It is no longer in the artifact store.' }];
    // One at a time, so one name; a leftover of a dead process is overwritten.
    const partial = join(directory, '.part');
    const file = await open(partial, 'w');
    try {
      const source = chunksOf(content, `Artifact ${item.name}`);
      const { violations } = await verify(source, item, name, limits, (chunk) => file.write(chunk));
      if (violations.length === 0) await rename(partial, path);
      return violations;
    } finally {
      content.destroy();
      await file.close();
      await rm(partial, { force: true });
    }
  };

  return {
    async fetch(deploy) {
      const directory = directoryOf(deploy.id);
      await mkdir(directory, { recursive: true });
      const files: SpooledArtifact[] = [];
      const violations: Violation[] = [];
      for (const item of deploy.artifacts) {
        const name = parseArtifactName(item.name);
        const misfit = nameProblem(item, name, files);
        const found =
          'problem' in name || misfit !== null
            ? [{ rule: 'misnamed', sentence: misfit ?? 'It has no valid name.' }]
            : await bring(item, name, directory);
        for (const { rule, sentence } of found) {
          violations.push({ rule, sentence: `${showName(item.name)}: ${sentence}` });
        }
        files.push({ ...item, path: join(directory, item.name) });
      }
      if (violations.length === 0) return { kind: 'spooled', files };
      log.error({ deploy: deploy.id, violations }, 'approved artifacts did not pass verification');
      return { kind: 'refused', violations };
    },
    async clear(deployId) {
      await rm(directoryOf(deployId), { recursive: true, force: true });
    },
  };
}

function nameProblem(
  item: DeployItem,
  name: ArtifactName | { problem: string },
  before: readonly DeployItem[],
): string | null {
  if ('problem' in name) return name.problem;
  if (before.some((other) => other.name === item.name)) return 'The deploy has two artifacts of this name.';
  if (name.type === 'init' || name.type === 'scripts') return null;
  const { os, cpu, accelerator } = name;
  const said = targetName({ os: os === 'macos' ? 'macos' : 'linux', cpu, accelerator });
  const fits =
    name.type === 'software' ? sameTarget(said, item.target) : `${item.target}/`.startsWith(`${said}/`);
  return fits ? null : `The name is for ${said}, the deploy says ${item.target}.`;
}

/** Accelerators may be in any order. */
function sameTarget(one: string, other: string): boolean {
  return one.split('+').sort().join('+') === other.split('+').sort().join('+');
}

/** One pass: digest, size, policy, and a copy where one is wanted. `matches` speaks of digest and size only. */
async function verify(
  source: AsyncGenerator<Buffer>,
  item: DeployItem,
  name: ArtifactName,
  limits: TarballLimits,
  copy?: (chunk: Buffer) => Promise<unknown>,
): Promise<{ matches: boolean; violations: Violation[] }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const tee = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > item.bytes) return; // enough to know that it is another file; the disk need not hold it
      hash.update(chunk);
      await copy?.(chunk);
      yield chunk;
    }
  };
  const expect = {
    target: { os: name.os === 'macos' ? 'macos' : 'linux', cpu: name.cpu, accelerator: name.accelerator },
    version: name.version,
  } as const;
  const policy = tarballPolicy({ name, expect, limits });
  const chunks = tee();
  // The listing may end early, the digest is of all bytes: an iterable that has no return() stays open.
  const open = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
  const problem = await listTarball(open, name.compression, policy);
  if (problem !== null) policy.problem(problem);
  for await (const _chunk of chunks);

  const sha256 = hash.digest('hex');
  const matches = bytes === item.bytes && sha256 === item.sha256;
  if (matches) return { matches, violations: policy.end() };
  const got = bytes > item.bytes ? 'more bytes' : `${bytes} bytes with sha256 ${sha256}`;
  const sentence = `It is not what was approved: ${item.bytes} bytes with sha256 ${item.sha256} were, the store gave ${got}.`;
  return { matches, violations: [{ rule: 'digest', sentence }] };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
