import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';

/** A running S3 server with one empty bucket. */
export interface S3Server {
  endpoint: string;
  region: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Where it keeps its objects. */
  directory: string;
  close(): Promise<void>;
}

/** Starts an S3 server on this machine, on a free port, with its data in a temporary folder. */
export async function startS3(bucket = 'artifacts'): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'stratobot-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
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
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    directory,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function removeUpload(directory: string, id: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.name === id) await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
}
