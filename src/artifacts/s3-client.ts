import { S3Client } from '@aws-sdk/client-s3';

/** How a bucket's server is reached. */
export interface S3Access {
  /** Absent for AWS itself. */
  endpoint?: string;
  region: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`; most servers other than AWS want it. */
  forcePathStyle: boolean;
  /** Absent: the SDK looks in its usual places. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

const connectTimeoutMs = 10_000;
/** Longest silence on a connection with a request on it; the SDK's `requestTimeout` only writes a warning. */
const silenceTimeoutMs = 120_000;

export function s3Client({ endpoint, region, forcePathStyle, credentials }: S3Access): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // Ceph and older servers do not understand the checksums that the SDK adds by itself.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceTimeoutMs },
  });
}
