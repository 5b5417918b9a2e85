import type { ArtifactName } from '../../domain/artifact.ts';
import { parseArtifactName } from '../../domain/artifact-name.ts';
import { Permanent } from '../../domain/errors.ts';
import type { SpooledArtifact } from '../../ports.ts';
import type { TarballFile } from '../../tarball/pieces.ts';

/** Tarballs that go below one base in one step. */
export interface Group {
  /** `versions`, or `<project>/versions` in a development repository. */
  base: string;
  /** A compatibility layer replaces the one that is there; everything else comes beside it. */
  compat: boolean;
  files: TarballFile[];
  names: ArtifactName[];
}

/** The artifacts of a deploy by how they are published: in order of their bases, compatibility layers last. */
export function groupsOf(files: readonly SpooledArtifact[]): Group[] {
  const groups = new Map<string, Group>();
  for (const file of files) {
    const name = parseArtifactName(file.name);
    if ('problem' in name) throw new Permanent(`${file.name}: ${name.problem}`);
    const base = name.project === null ? 'versions' : `${name.project}/versions`;
    const compat = name.type === 'compat';
    const key = `${compat ? 1 : 0} ${base}`;
    const group = groups.get(key) ?? { base, compat, files: [], names: [] };
    groups.set(key, group);
    group.files.push({ path: file.path, compression: name.compression, sha256: file.sha256 });
    group.names.push(name);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}
