import type { Artifact } from '../domain/artifact.ts';
import type { BuildRequest } from '../domain/request.ts';

/** The `.meta.txt` beside an artifact: JSON, all values strings; the format of existing staging repositories. */
export function metaText(of: {
  artifact: Omit<Artifact, 'id'>;
  request: BuildRequest;
  user: string;
  hostname: string;
}): string {
  const { artifact, request } = of;
  const comment = /^comment:(\d+)$/.exec(request.source)?.[1] ?? '';
  const meta = {
    uploader: { username: of.user, ip: '', hostname: of.hostname },
    payload: {
      filename: artifact.name,
      size: String(artifact.bytes),
      ctime: new Date(artifact.collectedAt).toISOString(),
      sha256sum: artifact.sha256,
      url: artifact.url,
    },
    link2pr: { repo: request.repo, pr: String(request.pullRequest), pr_comment_id: comment },
  };
  return `${JSON.stringify(meta, null, 2)}\n`;
}
