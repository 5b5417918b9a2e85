import { createHash } from 'node:crypto';

/** A digest of a stream, taken of each chunk while the decompressor's thread works on it. */
interface Digest {
  /** Takes a chunk soon; waits until the one before it was taken, so no more than one is held. */
  add(chunk: Buffer): Promise<void>;
  /** Hexadecimal sha256 of all chunks; the last call. */
  end(): Promise<string>;
}

export function sha256Digest(): Digest {
  const hash = createHash('sha256');
  let before: Promise<void> = Promise.resolve();
  return {
    async add(chunk) {
      await before;
      before = new Promise((resolve) => {
        setImmediate(() => {
          hash.update(chunk);
          resolve();
        });
      });
    },
    async end() {
      await before;
      return hash.digest('hex');
    },
  };
}
