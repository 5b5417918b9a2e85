import type { Artifact } from '../domain/artifact.ts';
import { renderMetaText } from '../domain/meta-text.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { World } from './world.ts';

/** The `.meta.txt` of an artifact: beside it in the store, and in the staging repository; the same text in both. */
export function metadataOf(world: World, artifact: Omit<Artifact, 'id'>, request: BuildRequest): string {
  const { name, bytes, sha256, url, collectedAt } = artifact;
  return renderMetaText({
    uploader: { username: world.catalogue.instance, ip: '', hostname: world.hostname },
    payload: { filename: name, size: bytes, ctime: collectedAt, sha256sum: sha256, url },
    link2pr: { repo: request.repo, pr: request.pullRequest, prCommentId: commentOf(request) },
  });
}

/** The comment a request came with; null for a label. */
export function commentOf(request: BuildRequest): number | null {
  return Number(/^comment:(\d+)$/.exec(request.source)?.[1]) || null;
}
