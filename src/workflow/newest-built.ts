import type { Artifact, Upload } from '../domain/artifact.ts';
import type { Build } from '../domain/build.ts';
import { targetName } from '../domain/target.ts';
import type { PullRequest } from '../ports.ts';
import { repositoryTarget, type World } from './world.ts';

/** An artifact that can be deployed. */
export interface Built {
  build: Build;
  artifact: Artifact;
  /** It was built from easystacks of rebuilds. */
  rebuilds: boolean;
  /** The CernVM-FS repository it is for. */
  repository: string;
}

/**
 * What can be deployed of a pull request's current head: of every target × repository target the newest succeeded build whose
 * artifacts are all in the store. Where there is none, what became of the artifacts of the newest one.
 */
export async function newestBuilt(
  world: World,
  pull: PullRequest,
): Promise<{ built: Built[]; absent: { target: string; upload: Upload }[] }> {
  const { artifacts, builds, requests } = world.records;
  const ofPull = await requests.ofPullRequest(pull.repo, pull.number);
  const ofHead = ofPull.filter(({ headSha }) => headSha === pull.headSha);
  const rebuilding = new Set(ofHead.filter(({ software }) => software?.rebuilt.length).map(({ id }) => id));
  const all = (await Promise.all(ofHead.map(({ id }) => builds.ofRequest(id)))).flat();
  const good = all.filter(({ state }) => state.kind === 'succeeded').sort((a, b) => b.id - a.id);
  const found: { built: Built[]; absent: { target: string; upload: Upload }[] } = { built: [], absent: [] };
  for (const tries of Map.groupBy(good, placeOf).values()) {
    const absent: Artifact[] = [];
    for (const build of tries) {
      const repository = repositoryTarget(world, build.repository)?.name;
      if (repository === undefined) break;
      const brought = await artifacts.ofBuild(build.id);
      const missing = brought.filter(({ upload }) => upload !== 'stored');
      absent.push(...missing);
      if (missing.length > 0) continue;
      const rebuilds = rebuilding.has(build.requestId);
      found.built.push(...brought.map((artifact) => ({ build, artifact, rebuilds, repository })));
      absent.length = 0;
      break;
    }
    const [newest] = tries;
    const [first] = absent;
    if (newest && first) found.absent.push({ target: targetName(newest.target), upload: first.upload });
  }
  return found;
}

function placeOf(build: Build): string {
  return `${targetName(build.target)} ${build.repository}`;
}
