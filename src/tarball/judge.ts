import type { ArtifactName, TarballOverview, Violation } from '../domain/artifact.ts';
import { tarballOverview } from '../domain/tarball-overview.ts';
import { type TarballLimits, tarballPolicy } from '../domain/tarball-policy.ts';
import type { Target } from '../domain/target.ts';
import { listTarball } from './list.ts';

/** What a tarball is said to be. */
export interface Question {
  name: ArtifactName;
  expect: { target: Target; version: string };
  limits: TarballLimits;
}

export interface Judgement {
  /** What the tarball policy says; none: the tarball may be published as far as it is concerned. */
  violations: Violation[];
  /** Of the members that could be read before the tarball turned out broken, or over a limit. */
  overview: TarballOverview;
}

/**
 * Lists a compressed tarball and judges each member, in this thread. It ends early where reading on is pointless. Throws
 * what the source throws.
 * @param onBroken called, perhaps often, once the tarball is known to be refused
 */
export async function judgeHere(
  source: AsyncIterable<Buffer>,
  { name, expect, limits }: Question,
  onBroken: () => void,
): Promise<Judgement> {
  const policy = tarballPolicy({ name, expect, limits });
  const overview = tarballOverview(name);
  const told = (goOn: boolean): boolean => {
    if (policy.broken()) onBroken();
    return goOn;
  };
  const problem = await listTarball(source, name.compression, {
    member(member) {
      overview.member(member);
      return told(policy.member(member));
    },
    sizes: (compressed, decompressed) => told(policy.sizes(compressed, decompressed)),
  });
  if (problem !== null) policy.problem(problem);
  return { violations: policy.end(), overview: overview.result() };
}
