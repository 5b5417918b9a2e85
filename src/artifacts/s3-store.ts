import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ArtifactStore, Log } from '../ports.ts';
import { directUploads } from './direct-uploads.ts';
import { checkKey, keyUrl } from './key.ts';
import { type S3Access, s3Client } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';
import { abortUpload, uploadsBegunBefore } from './s3-uploads.ts';

export interface S3Options extends S3Access {
  bucket: string;
  /** Where the bucket can be read by people, when that is another address than S3's. */
  publicUrl?: string;
  log: Log;
}

/** S3 takes 10,000 parts, so an artifact may have 160 GB; two in flight bound the memory of an upload. */
const partSize = 16 * 2 ** 20;
const partsInFlight = 2;

/** Keeps artifacts in a bucket of S3 or of something that speaks like it (Ceph, MinIO). */
export function s3Store(options: S3Options): ArtifactStore {
  const { bucket: Bucket, log } = options;
  const client = s3Client(options);
  const base = options.publicUrl ?? bucketUrl(options);

  return {
    async put(key, content, { contentType, metadata, tags = {}, signal }) {
      const params = {
        Bucket,
        Key: checkKey(key),
        ContentType: contentType,
        Metadata: metadata,
        ...tagging(tags),
        Body: content,
      };
      const upload = new Upload({ client, partSize, queueSize: partsInFlight, params });
      // Upload.abort() answers before its parts are gone; a body that fails makes it clean up first.
      const stop = (): void => {
        content.destroy(
          signal?.reason instanceof Error ? signal.reason : new Error('The upload was aborted.'),
        );
      };
      if (signal?.aborted === true) stop();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        await upload.done();
      } catch (error) {
        const cause = content.errored ?? error;
        content.destroy();
        log.info({ key, error: String(cause) }, 'upload to S3 did not finish');
        throw content.errored ?? s3Error(`storing ${key}`, error);
      } finally {
        signal?.removeEventListener('abort', stop);
      }
      return { url: keyUrl(base, key) };
    },
    async open(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: checkKey(key) }));
        if (!(Body instanceof Readable)) throw new Error('the answer has no body');
        return Body;
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        throw s3Error(`reading ${key}`, error);
      }
    },
    async delete(key) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key: checkKey(key) }));
      } catch (error) {
        throw s3Error(`deleting ${key}`, error);
      }
    },
    url: (key) => keyUrl(base, key),
    direct: directUploads(client, { bucket: Bucket, base }),
    async *list(Prefix) {
      try {
        for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
          for (const { Key, Size = 0, LastModified } of Contents ?? []) {
            if (Key !== undefined) yield { key: Key, bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 };
          }
        }
      } catch (error) {
        throw s3Error(`listing ${Prefix === '' ? 'the bucket' : Prefix}`, error);
      }
    },
    async abortUploads({ prefix, before, ours }) {
      let aborted = 0;
      try {
        for await (const begun of uploadsBegunBefore(client, { Bucket, Prefix: prefix }, before)) {
          if (!ours(begun.key)) continue;
          await abortUpload(client, Bucket, begun);
          aborted += 1;
        }
        return aborted;
      } catch (error) {
        throw s3Error('freeing unfinished uploads', error);
      }
    },
  };
}

/** Tags as S3 takes them with an upload: a query string. */
function tagging(tags: Record<string, string>): { Tagging?: string } {
  return Object.keys(tags).length === 0 ? {} : { Tagging: new URLSearchParams(tags).toString() };
}

function bucketUrl({ endpoint, region, bucket, forcePathStyle }: S3Options): string {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  if (forcePathStyle) return `${url.href.replace(/\/+$/, '')}/${bucket}`;
  url.hostname = `${bucket}.${url.hostname}`;
  return url.href;
}
