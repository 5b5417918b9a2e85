import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { DirectUploads } from '../ports.ts';
import { checkKey, keyUrl } from './key.ts';
import { s3Error } from './s3-errors.ts';
import { UNJUDGED_TAG } from './s3-lifecycle.ts';

/** S3 takes 10,000 parts, so 640 GB; the node's curl holds one part in memory. */
const PART_BYTES = 64 * 2 ** 20;
/** As long as a node may take for one artifact, s. */
const ADDRESS_SECONDS = 6 * 3600;
/** More than this S3 does not copy in one request. */
const COPY_BYTES = 5 * 2 ** 30;
const COPY_PART_BYTES = 2 ** 30;

/** Uploads that a node makes itself, part by part, to addresses that are signed for it. */
export function directUploads(
  client: S3Client,
  options: { bucket: string; base: string; partBytes?: number; copyBytes?: number },
): DirectUploads {
  const { bucket: Bucket, base, partBytes = PART_BYTES, copyBytes = COPY_BYTES } = options;

  const copyInParts = async (from: string, params: { Bucket: string; Key: string }, bytes: number) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(params));
    const place = { Bucket, Key: params.Key, UploadId };
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
      const step = Math.min(copyBytes, COPY_PART_BYTES);
      for (let at = 0; at < bytes; at += step) {
        const PartNumber = Parts.length + 1;
        const CopySourceRange = `bytes=${at}-${Math.min(at + step, bytes) - 1}`;
        const part = { ...place, PartNumber, CopySource: sourceOf(Bucket, from), CopySourceRange };
        const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part));
        Parts.push({ ETag: CopyPartResult?.ETag, PartNumber });
      }
      await client.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts } }));
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand(place)).catch(() => undefined);
      throw error;
    }
  };

  return {
    async begin(key, bytes) {
      try {
        const place = { Bucket, Key: checkKey(key) };
        const begun = await client.send(
          new CreateMultipartUploadCommand({
            ...place,
            Tagging: `${UNJUDGED_TAG.Key}=${UNJUDGED_TAG.Value}`,
          }),
        );
        const uploadId = begun.UploadId ?? '';
        const parts = Array.from({ length: Math.max(1, Math.ceil(bytes / partBytes)) }, (_, index) =>
          getSignedUrl(
            client,
            new UploadPartCommand({ ...place, UploadId: uploadId, PartNumber: index + 1 }),
            { expiresIn: ADDRESS_SECONDS },
          ),
        );
        return { uploadId, partBytes, urls: await Promise.all(parts) };
      } catch (error) {
        throw s3Error(`beginning an upload of ${key}`, error);
      }
    },
    async end(key, uploadId, etags) {
      try {
        const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
        await client.send(
          new CompleteMultipartUploadCommand({
            Bucket,
            Key: checkKey(key),
            UploadId: uploadId,
            MultipartUpload: { Parts },
          }),
        );
      } catch (error) {
        throw s3Error(`ending an upload of ${key}`, error);
      }
    },
    async abort(key, uploadId) {
      try {
        await client.send(
          new AbortMultipartUploadCommand({ Bucket, Key: checkKey(key), UploadId: uploadId }),
        );
      } catch (error) {
        throw s3Error(`aborting an upload of ${key}`, error);
      }
    },
    async copy(from, to, { contentType, metadata, tags = {} }) {
      try {
        const params = {
          Bucket,
          Key: checkKey(to),
          ContentType: contentType,
          Metadata: metadata,
          Tagging: new URLSearchParams(tags).toString(),
        };
        const { ContentLength = 0 } = await client.send(
          new HeadObjectCommand({ Bucket, Key: checkKey(from) }),
        );
        if (ContentLength > copyBytes) await copyInParts(from, params, ContentLength);
        else {
          const replace = { MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE' } as const;
          await client.send(
            new CopyObjectCommand({ ...params, ...replace, CopySource: sourceOf(Bucket, from) }),
          );
        }
        return { url: keyUrl(base, to) };
      } catch (error) {
        throw s3Error(`storing ${to}`, error);
      }
    },
  };
}

function sourceOf(bucket: string, key: string): string {
  return keyUrl(bucket, key);
}
