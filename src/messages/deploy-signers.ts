import type { DeployView } from './deploy-view.ts';
import { code, count, list } from './markdown.ts';

/** Whose keys signed the tarballs; the signatures are verified before anything is published. */
export function signers(rows: DeployView['rows']): string {
  const keys = [...new Set(rows.flatMap(({ artifact }) => artifact.signer ?? []))].sort();
  if (keys.length === 0) return 'No tarball is signed.';
  const by = `Signed with ${list(keys.map((key) => code(key)))}.`;
  const unsigned = rows.filter(({ artifact }) => artifact.signer === null).length;
  return unsigned === 0 ? by : `${by} ⚠ **${count(unsigned, 'tarball')} not signed.**`;
}
