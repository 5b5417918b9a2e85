import type { ArtifactName, TarballOverview, Violation } from '../domain/artifact.ts';
import { tarballOverview } from '../domain/tarball-overview.ts';
import { type TarballLimits, tarballPolicy } from '../domain/tarball-policy.ts';
import type { Target } from '../domain/target.ts';
import { sha256Digest } from './digest.ts';
import { listTarball } from './list.ts';

export interface Examined {
  /** Of all bytes, also where the listing ended early. */
  sha256: string;
  bytes: number;
  /** What the tarball policy says; none: the tarball may be published as far as it is concerned. */
  violations: Violation[];
  /** Of the members that could be read before the tarball turned out broken, or over a limit. */
  overview: TarballOverview;
}

/** Reads a tarball to its end, once: digest, overview and what the tarball policy says. Throws what the source throws. */
export async function examineTarball(
  source: AsyncGenerator<Buffer>,
  { name, expect, limits }: { name: ArtifactName; expect: Expectation; limits: TarballLimits },
): Promise<Examined> {
  const digest = sha256Digest();
  let bytes = 0;
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      await digest.add(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const chunks = hashed();
  // The listing may end early, the digest is of all bytes: an iterable that has no return() stays open.
  const open = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
  const policy = tarballPolicy({ name, expect, limits });
  const overview = tarballOverview(name);
  const problem = await listTarball(open, name.compression, {
    member(member) {
      overview.member(member);
      return policy.member(member);
    },
    sizes: policy.sizes,
  });
  if (problem !== null) policy.problem(problem);
  for await (const _chunk of chunks);
  return { sha256: await digest.end(), bytes, violations: policy.end(), overview: overview.result() };
}

interface Expectation {
  target: Target;
  version: string;
}

/** What an artifact's own name lets expect of it, where nothing else is known. */
export function expectationOf({ os, cpu, accelerator, version }: ArtifactName): Expectation {
  return { target: { os: os === 'macos' ? 'macos' : 'linux', cpu, accelerator }, version };
}
