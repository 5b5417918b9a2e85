import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
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
          (chunks: AsyncIterable<Buffer>) => writeDurably(file, chunks),
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
    async *list(prefix) {
      for (const key of await keysBelow(root)) {
        if (!key.startsWith(prefix) || unfinished.test(key)) continue;
        const { size, mtimeMs } = await stat(join(root, key));
        yield { key, bytes: size, modifiedAt: mtimeMs };
      }
    },
    async abortUploads({ prefix, before }) {
      let aborted = 0;
      for (const key of await keysBelow(root)) {
        if (!key.startsWith(prefix) || !unfinished.test(key)) continue;
        // To the file of an upload that lives something was written a moment ago.
        if ((await stat(join(root, key))).mtimeMs >= before) continue;
        await rm(join(root, key), { force: true });
        aborted += 1;
      }
      return aborted;
    },
  };
}

/** The disk works on what is written so far while more comes: at the end little is left to wait for. */
const syncEveryBytes = 16 * 2 ** 20;

/** Writes all of it, so that it survives a power cut, and closes the file. */
async function writeDurably(file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  let unsynced = 0;
  let syncing: Promise<{ error?: unknown }> | null = null;
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      unsynced += chunk.length;
      if (unsynced < syncEveryBytes) continue;
      unsynced = 0;
      // An error of the disk is told once, so it must not be lost here.
      const { error } = (await syncing) ?? {};
      if (error !== undefined) throw error;
      syncing = file.datasync().then(
        () => ({}),
        (reason: unknown) => ({ error: reason }),
      );
    }
    const { error } = (await syncing) ?? {};
    if (error !== undefined) throw error;
    await file.sync();
  } finally {
    await syncing;
    await file.close();
  }
}

/** Keys of all files, in their order as bytes, as S3 lists them. */
async function keysBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** The file of an upload that did not end: no other key looks like it. */
const unfinished = /(^|\/)\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.part$/;

/** A rename is only safe from a power cut once its directory is on the disk. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
