import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';

interface Begun {
  key: string;
  uploadId: string;
}

/** Multipart uploads below a prefix that were begun before a time (unix ms) and neither ended nor aborted. */
export async function* uploadsBegunBefore(
  client: S3Client,
  place: { Bucket: string; Prefix: string },
  before: number,
): AsyncGenerator<Begun> {
  let markers: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (markers !== null) {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(client, { ...place, ...markers });
    for (const { Key: key, UploadId: uploadId, Initiated: at } of page.Uploads ?? []) {
      if (key !== undefined && uploadId !== undefined && at !== undefined && at.getTime() < before)
        yield { key, uploadId };
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    // Without a marker the next page would be the first one again.
    markers =
      IsTruncated === true && NextKeyMarker !== undefined
        ? {
            KeyMarker: NextKeyMarker,
            ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
          }
        : null;
  }
}

function pageOf(client: S3Client, input: ConstructorParameters<typeof ListMultipartUploadsCommand>[0]) {
  return client.send(new ListMultipartUploadsCommand(input));
}

/** Frees what an upload that nobody ends had stored; one that is gone already is no error. */
export async function abortUpload(client: S3Client, Bucket: string, { key, uploadId }: Begun): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
  }
}
