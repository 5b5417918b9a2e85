import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { type Holds, holds } from './holds.ts';

/** A running S3 server with one empty bucket. */
export interface S3Server {
  endpoint: string;
  region: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Where it keeps its objects. */
  directory: string;
  /** Objects that are put, by path. */
  puts: Holds<string>;
  close(): Promise<void>;
}

/**
 * Starts an S3 server on this machine, on a free port, with its data in a temporary folder.
 * @param at where it is and has its data instead, so that it can be started there again
 */
export async function startS3(
  bucket = 'artifacts',
  at?: { directory: string; port: number },
): Promise<S3Server> {
  const directory = at?.directory ?? (await mkdtemp(join(tmpdir(), 'stratobot-s3-')));
  const server = new S3rver({
    address: '127.0.0.1',
    port: at?.port ?? 0,
    silent: true,
    directory,
    // It does not know every form of signature that the SDK makes.
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  // It has no AbortMultipartUpload: parts would stay, and nobody could see whether they should.
  server.middleware.unshift(async (context, next) => {
    const upload = context.query.uploadId;
    if (context.method !== 'DELETE' || upload === undefined) return next();
    await removeUpload(directory, upload);
    context.status = 204;
  });
  // Nor ListMultipartUploads. A page has one upload, so that whoever asks for one page only misses the others.
  server.middleware.unshift(async (context, next) => {
    if (context.method !== 'GET' || context.query.uploads === undefined) return next();
    const { prefix = '', 'upload-id-marker': after = '' } = context.query;
    const all = (await uploadsIn(directory)).filter(({ key }) => key.startsWith(prefix));
    const [upload, ...rest] = all.filter(({ id }) => id > after);
    context.type = 'application/xml';
    context.body = `<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult>
      <IsTruncated>${rest.length > 0}</IsTruncated>
      <NextKeyMarker>${upload?.key ?? ''}</NextKeyMarker><NextUploadIdMarker>${upload?.id ?? ''}</NextUploadIdMarker>
      ${upload ? `<Upload><Key>${upload.key}</Key><UploadId>${upload.id}</UploadId><Initiated>${upload.begun.toISOString()}</Initiated></Upload>` : ''}
      </ListMultipartUploadsResult>`;
  });
  const puts: Holds<string> = holds();
  server.middleware.unshift(async (context, next) => {
    if (context.method === 'PUT') await puts.pass(context.path);
    return next();
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    directory,
    puts,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Multipart uploads that were begun and neither ended nor aborted, in the order of their ids. */
async function uploadsIn(directory: string): Promise<{ id: string; key: string; begun: Date }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const uploads = entries
    .filter((entry) => entry.isFile() && entry.name === 'key')
    .map(async ({ parentPath }) => {
      const [key, { birthtime }] = await Promise.all([
        readFile(join(parentPath, 'key'), 'utf8'),
        stat(parentPath),
      ]);
      return { id: basename(parentPath), key, begun: birthtime };
    });
  return (await Promise.all(uploads)).sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function removeUpload(directory: string, id: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.name === id) await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
}
