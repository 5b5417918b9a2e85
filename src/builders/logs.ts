import { EventEmitter } from 'node:events';
import { createWriteStream } from 'node:fs';
import { constants, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline as connect, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { LogStore } from '../ports.ts';

/** A log nobody added to for this long is complete: what a node still had to tell has come, ms. */
const QUIET_MS = 10 * 60_000;
/** gzip tells the size of what it holds up to here; a longer log stays as it is. */
const LARGEST = 2 ** 32;
/** A log stays open for so long after it was added to, ms: jobs that run print again and again. */
const OPEN_MS = 10_000;
/** Most logs that stay open at once. */
const MOST_OPEN = 2_000;

interface OpenLog {
  file: FileHandle;
  size: number;
  /** Closes it when nothing is added any more. */
  closing: NodeJS.Timeout;
}

/**
 * Logs of builds in a folder: `b7.log`, or `b7.log.gz` when it was compressed. Where both are there, a crash came between
 * making the one and removing the other: `b7.log` counts, it holds all there is.
 */
export function fileLogs(folder: string, now: () => number = Date.now): LogStore {
  const plain = (buildId: number) => join(folder, `b${buildId}.log`);
  const packed = (buildId: number) => `${plain(buildId)}.gz`;
  const appended = new EventEmitter<Record<string, []>>().setMaxListeners(0);
  const alone = oneAtATime();
  const opened = new Map<number, OpenLog>();

  async function write(buildId: number, offset: number, chunk: Buffer): Promise<boolean> {
    const log = opened.get(buildId) ?? (await keepOpen(buildId));
    try {
      // Written from the file's end: a chunk that comes twice, or one that was cut off by a crash, is completed.
      const start = Math.max(offset, log.size);
      const rest = chunk.subarray(start - offset);
      for (let done = 0; done < rest.length; ) {
        done += (await log.file.write(rest, done, rest.length - done, start + done)).bytesWritten;
        log.size = start + done;
      }
      log.closing.refresh();
      return rest.length > 0;
    } catch (error) {
      await shut(buildId);
      throw error;
    } finally {
      if (opened.size > MOST_OPEN) await shut(buildId);
    }
  }

  async function keepOpen(buildId: number): Promise<OpenLog> {
    const file = await openToWrite(buildId);
    const closing = setTimeout(() => void alone(buildId, () => shut(buildId)).catch(ignore), OPEN_MS).unref();
    const log = { file, size: (await file.stat()).size, closing };
    opened.set(buildId, log);
    return log;
  }

  async function shut(buildId: number): Promise<void> {
    const log = opened.get(buildId);
    opened.delete(buildId);
    clearTimeout(log?.closing);
    await log?.file.close();
  }

  async function openToWrite(buildId: number): Promise<FileHandle> {
    const path = plain(buildId);
    const there = await unlessMissing(open(path, constants.O_RDWR));
    if (there) return there;
    await mkdir(folder, { recursive: true });
    // Late words to a log that was compressed: it goes on as it was.
    const archive = await unlessMissing(open(packed(buildId)));
    if (archive) await writeWhole(path, unpack(archive, 0));
    return await open(path, constants.O_RDWR | constants.O_CREAT);
  }

  async function compress(buildId: number, ended: () => Promise<boolean>): Promise<boolean> {
    await using file = await unlessMissing(open(plain(buildId)));
    if (!file) return false;
    const before = await file.stat();
    if (before.mtimeMs > now() - QUIET_MS || before.size >= LARGEST || !(await ended())) return false;
    const content = file.createReadStream({ start: 0, autoClose: false });
    await writeWhole(packed(buildId), connect(content, createGzip(), ignore));
    if ((await file.stat()).mtimeMs !== before.mtimeMs) return false;
    await rm(plain(buildId), { force: true });
    return true;
  }

  async function openToRead(buildId: number): Promise<{ handle: FileHandle; isPacked: boolean } | null> {
    // In this order: the plain file goes only when the packed one is there.
    const handle = await unlessMissing(open(plain(buildId)));
    if (handle) return { handle, isPacked: false };
    const archive = await unlessMissing(open(packed(buildId)));
    return archive && { handle: archive, isPacked: true };
  }

  return {
    async append(buildId, offset, chunk) {
      const grew = await alone(buildId, () => write(buildId, offset, chunk));
      if (grew) appended.emit(String(buildId));
    },
    async size(buildId) {
      const file = await openToRead(buildId);
      if (!file) return 0;
      await using handle = file.handle;
      const { size } = await handle.stat();
      return file.isPacked ? await unpackedSize(handle, size) : size;
    },
    async read(buildId, from) {
      const file = await openToRead(buildId);
      if (!file) return Readable.from([]);
      return file.isPacked ? unpack(file.handle, from) : file.handle.createReadStream({ start: from });
    },
    onAppend(buildId, listener) {
      appended.on(String(buildId), listener);
      return () => appended.off(String(buildId), listener);
    },
    async compressEnded(ended) {
      let count = 0;
      for (const name of (await unlessMissing(readdir(folder))) ?? []) {
        const buildId = Number(/^b([1-9]\d*)\.log$/.exec(name)?.[1]);
        if (!buildId) continue;
        if (await alone(buildId, () => compress(buildId, () => ended(buildId)))) count += 1;
      }
      return count;
    },
    async forget(before, kept) {
      let count = 0;
      for (const name of (await unlessMissing(readdir(folder))) ?? []) {
        const buildId = Number(/^b([1-9]\d*)\.log\.gz$/.exec(name)?.[1]);
        if (!buildId) continue;
        const file = await unlessMissing(stat(packed(buildId)));
        if (file === null || file.mtimeMs >= before || !(await kept(buildId))) continue;
        await alone(buildId, () => rm(packed(buildId), { force: true }));
        count += 1;
      }
      return count;
    },
    async packed(buildId) {
      const file = await openToRead(buildId);
      if (file?.isPacked) return file.handle.createReadStream({ start: 0 });
      await file?.handle.close();
      return null;
    },
    async restore(buildId, content) {
      await alone(buildId, async () => {
        const file = await openToRead(buildId);
        if (file) {
          content.destroy();
          return await file.handle.close();
        }
        await mkdir(folder, { recursive: true });
        await writeWhole(packed(buildId), content);
      });
    },
  };
}

/** Whole or not at all: a crash leaves a `.part` that the next try writes over. */
async function writeWhole(path: string, content: Readable): Promise<void> {
  const part = `${path}.part`;
  await pipeline(content, createWriteStream(part, { flush: true }));
  await rename(part, path);
  await using folder = await open(dirname(path));
  await folder.sync();
}

/** What a gzip file holds, from a byte on; closes the file. */
function unpack(archive: FileHandle, from: number): Readable {
  let skip = from;
  const rest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      done(null, chunk.subarray(skipped));
    },
  });
  return connect(archive.createReadStream({ start: 0 }), createGunzip(), rest, ignore);
}

/** The last four bytes of a gzip file (RFC 1952, ISIZE). */
async function unpackedSize(archive: FileHandle, packedSize: number): Promise<number> {
  const { buffer } = await archive.read(Buffer.alloc(4), 0, 4, packedSize - 4);
  return buffer.readUInt32LE();
}

/** An error goes to whoever reads the last stream. */
function ignore(): void {}

/** Runs what concerns one build in the order it was asked for. */
function oneAtATime() {
  const last = new Map<number, Promise<unknown>>();
  return async <T>(buildId: number, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(buildId) ?? Promise.resolve()).then(work, work);
    last.set(buildId, mine);
    try {
      return await mine;
    } finally {
      if (last.get(buildId) === mine) last.delete(buildId);
    }
  };
}

async function unlessMissing<T>(trial: Promise<T>): Promise<T | null> {
  try {
    return await trial;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
