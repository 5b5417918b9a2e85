import { text } from 'node:stream/consumers';
import type { Deploy } from '../domain/deploy.ts';
import { metadataOf } from './metadata.ts';
import type { World } from './world.ts';

/** Where the record of a deploy is, below the folder that says what became of it. */
export function recordPlace({ repo, pullRequest, id }: Deploy): string {
  return `${repo}/pr-${pullRequest}/deploy-${id}`;
}

/** The record a staging repository keeps: the metadata of each tarball, and what is approved as a whole; by file name. */
export async function stagingFiles(world: World, deploy: Deploy): Promise<Record<string, string>> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const files: Record<string, string> = {};
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    const request = build && (await world.records.requests.get(build.requestId));
    if (!request) continue;
    const stored = await storedMetadata(world, artifact.key);
    files[`${artifact.name}.meta.txt`] = stored?.text ?? metadataOf(world, artifact, request);
    if (stored !== null) files[`${artifact.name}.meta.txt.sig`] = stored.signature;
  }
  const { repo, pullRequest, headSha, digest, requestedBy, author } = deploy;
  files['deploy.json'] =
    `${JSON.stringify({ deploy: deploy.id, instance: world.catalogue.instance, repo, pullRequest, headSha, digest: `sha256:${digest}`, requestedBy, author, artifacts: deploy.artifacts }, null, 2)}\n`;
  return files;
}

/** What was signed when the artifact was collected, to the letter; null where it was not signed, or is gone. */
async function storedMetadata(
  { store }: World,
  key: string,
): Promise<{ text: string; signature: string } | null> {
  const [meta, signature] = await Promise.all(
    ['.meta.txt', '.meta.txt.sig'].map(async (ending) => {
      const content = await store.open(`${key}${ending}`);
      return content === null ? null : await text(content);
    }),
  );
  return meta && signature ? { text: meta, signature } : null;
}

export function inFolder(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}
