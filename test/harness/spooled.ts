/** Verified artifacts on this machine and deploys of them, as a publisher is given them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Publisher, SpooledArtifact } from '../../src/ports.ts';
import { compress, type MemberSpec, sha256, tar } from './tarballs.ts';

/** Two artifacts of one program, where their content goes, and a module file of the first. */
export const zen2Name = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz';
export const zen3Name = 'eessi-2023.06-software-linux-x86_64-amd-zen3-1687955624.tar.zst';
export const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
export const zen3 = '2023.06/software/linux/x86_64/amd/zen3';
export const module2 = `versions/${zen2}/modules/all/GROMACS/2024.4-foss-2023b.lua`;

export const repository = 'software.eessi.io';

export async function spoolInto(
  folder: string,
  name: string,
  members: MemberSpec[],
): Promise<SpooledArtifact> {
  const bytes = compress(tar(members), name.endsWith('gz') ? 'gz' : 'zst');
  const path = join(folder, name);
  await writeFile(path, bytes);
  const sha = sha256(bytes);
  return { artifactId: 1, name, sha256: sha, bytes: bytes.length, key: 'k', target: 't', repository, path };
}

/** A rebuild, so that it may replace what is there. */
export function deploy(id: number, ...files: SpooledArtifact[]): Parameters<Publisher['publish']>[0] {
  return { id, repository, digest: `digest-${id}`, approvedBy: ['carol'], rebuild: true, files };
}
