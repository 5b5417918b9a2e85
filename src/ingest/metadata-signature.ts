import { Readable } from 'node:stream';
import type { Violation } from '../domain/artifact.ts';
import type { DeployItem } from '../domain/deploy.ts';
import type { ArtifactStore } from '../ports.ts';
import type { SignatureRule } from './signature-rule.ts';
import { storedText } from './stored-text.ts';

/**
 * What is wrong with the `.meta.txt` beside an artifact, whose text people read in the deploy PR: it must be signed as the
 * artifact is, and name its digest. One that was never stored is nothing that anybody could have read.
 */
export async function metadataProblem(
  store: ArtifactStore,
  item: DeployItem,
  rule: SignatureRule,
): Promise<Violation | null> {
  const wrong = (sentence: string): Violation => ({ rule: 'metadata', sentence });
  const meta = await storedText(store, `${item.key}.meta.txt`);
  if (meta === null) return null;
  const signature = await storedText(store, `${item.key}.meta.txt.sig`);
  if (signature === null) {
    return rule.unsigned === 'refuse' ? wrong('Its metadata has no signature.') : null;
  }
  const verdict = await rule.verifier.verify(Readable.from([Buffer.from(meta)]), signature);
  if (!verdict.ok) return wrong(`Of its metadata: ${verdict.reason}`);
  return meta.includes(item.sha256) ? null : wrong('Its metadata is of other bytes.');
}
