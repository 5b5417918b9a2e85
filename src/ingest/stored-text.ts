import type { ArtifactStore } from '../ports.ts';
import { chunksOf } from '../tarball/source.ts';

/** A signature has some hundred bytes, metadata a thousand. */
const maxBytes = 16 * 1024;

/** What is under a key that should be a short text, or null; one that is longer is cut, and so is none that anybody signed. */
export async function storedText(store: ArtifactStore, key: string): Promise<string | null> {
  const content = await store.open(key);
  if (content === null) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(content, key)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}
