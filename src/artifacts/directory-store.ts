import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Retryable } from '../domain/errors.ts';
import type { ArtifactStore } from '../ports.ts';
import { checkKey, keyUrl } from './key.ts';

/** Keeps artifacts below a directory, for sites without S3 and for tests; `baseUrl` is where it can be read. */
export function directoryStore({ root, baseUrl }: { root: string; baseUrl: string }): ArtifactStore {
  const pathOf = (key: string): string => join(root, checkKey(key));

  return {
    async put(key, content, { signal }) {
      const path = pathOf(key);
      // A file that a dead process left behind has a name no key can collide with.
      const partial = join(dirname(path), `.${randomUUID()}.part`);
      try {
        await mkdir(dirname(path), { recursive: true });
        const file = await open(partial, 'wx');
        await pipeline(
          content,
          file.createWriteStream({ flush: true }),
          signal === undefined ? {} : { signal },
        );
        await rename(partial, path);
        await syncDirectory(dirname(path));
      } catch (error) {
        const broken = content.errored;
        content.destroy();
        await rm(partial, { force: true });
        if (broken !== null || signal?.aborted === true) throw broken ?? error;
        throw new Retryable(`The artifact directory could not take ${key}: ${String(error)}`, {
          cause: error,
        });
      }
      return { url: keyUrl(baseUrl, key) };
    },
    async open(key) {
      const stream = createReadStream(pathOf(key));
      return new Promise<Readable | null>((resolve, reject) => {
        stream.once('open', () => resolve(stream));
        stream.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ENOENT' ? resolve(null) : reject(error),
        );
      });
    },
    async delete(key) {
      await rm(pathOf(key), { force: true });
    },
    url: (key) => keyUrl(baseUrl, key),
  };
}

/** A rename is only safe from a power cut once its directory is on the disk. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
