/** What `.cvmfspublished` says of a repository, as far as anybody here asks. */
export interface PublishedManifest {
  name: string;
  revision: number;
  /** Hash of the root catalog. */
  rootHash: string;
  /** Unix ms. */
  publishedAt: number;
  /** How long clients and caches may hold it, in seconds. */
  ttlSeconds: number;
}

/**
 * Reads `.cvmfspublished`: lines of one letter and a value, up to `--`; after that a hash and a binary signature, which
 * clients verify and this does not. Null for anything else, such as the error page of a proxy.
 */
export function parsePublishedManifest(bytes: Uint8Array): PublishedManifest | null {
  const [text = '', ...rest] = new TextDecoder('latin1').decode(bytes).split('\n--\n');
  if (rest.length === 0) return null;
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, 1), line.slice(1)]));
  const number = (letter: string): number | null => {
    const value = fields.get(letter) ?? '';
    return /^\d{1,15}$/.test(value) ? Number(value) : null;
  };
  const [name, rootHash] = [fields.get('N'), fields.get('C')];
  const [revision, time] = [number('S'), number('T')];
  if (name === undefined || rootHash === undefined || revision === null || time === null) return null;
  return { name, revision, rootHash, publishedAt: time * 1000, ttlSeconds: number('D') ?? 0 };
}
