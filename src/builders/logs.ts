import { constants, createReadStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { LogStore } from '../ports.ts';

/** Logs of builds, one file each in a folder. */
export function fileLogs(folder: string): LogStore {
  const pathOf = (buildId: number) => join(folder, `b${buildId}.log`);

  async function size(buildId: number): Promise<number> {
    try {
      return (await stat(pathOf(buildId))).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  return {
    size,
    async append(buildId, offset, chunk) {
      await mkdir(folder, { recursive: true });
      const file = await open(pathOf(buildId), constants.O_RDWR | constants.O_CREAT);
      try {
        // Written from the file's end: a chunk that comes twice, or one that was cut off by a crash, is completed.
        const known = (await file.stat()).size;
        const start = Math.max(offset, known);
        const rest = chunk.subarray(start - offset);
        if (rest.length > 0) await file.write(rest, 0, rest.length, start);
      } finally {
        await file.close();
      }
    },
    async read(buildId, from) {
      return (await size(buildId)) === 0
        ? Readable.from([])
        : createReadStream(pathOf(buildId), { start: from });
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
