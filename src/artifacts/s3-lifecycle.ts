import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { s3Error } from './s3-errors.ts';

/** Logs of builds stay so long in the bucket; artifacts have no end. */
const LOG_DAYS = 365;
/** Parts of an upload that never ended; the bot's housekeeping frees them sooner, while it runs. */
const UPLOAD_DAYS = 3;

/** Tag of a log in the store, by which the rule knows it. */
const LOG_TAG = { Key: 'stratobot', Value: 'log' };

/** Tag of what a node uploaded itself, until it is judged. */
export const UNJUDGED_TAG = { Key: 'stratobot', Value: 'unjudged' };

/** A rule of a bucket with its purpose in words. */
interface Lifecycle {
  rule: LifecycleRule;
  does: string;
}

/** The rules one bot wants for its keys; their ids say whose they are. */
export function lifecycleOf(instance: string, prefix: string): Lifecycle[] {
  return [
    {
      does: `logs of builds are deleted after ${LOG_DAYS} days`,
      rule: {
        ID: `${idPrefix(instance)}old-logs`,
        Status: 'Enabled',
        Filter: { And: { Prefix: prefix, Tags: [LOG_TAG] } },
        Expiration: { Days: LOG_DAYS },
      },
    },
    {
      does: `what nodes uploaded and nobody judged is deleted after ${UPLOAD_DAYS} days`,
      rule: {
        ID: `${idPrefix(instance)}unjudged`,
        Status: 'Enabled',
        Filter: { And: { Prefix: prefix, Tags: [UNJUDGED_TAG] } },
        Expiration: { Days: UPLOAD_DAYS },
      },
    },
    {
      does: `uploads that never ended are freed after ${UPLOAD_DAYS} days`,
      rule: {
        ID: `${idPrefix(instance)}unfinished-uploads`,
        Status: 'Enabled',
        Filter: { Prefix: prefix },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: UPLOAD_DAYS },
      },
    },
  ];
}

/** The rules a bucket has that are not this bot's: S3 only takes all rules at once, and others' must stay. */
export async function rulesOfOthers(
  client: S3Client,
  bucket: string,
  instance: string,
): Promise<LifecycleRule[]> {
  try {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return Rules.filter(({ ID = '' }) => !ID.startsWith(idPrefix(instance)));
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return [];
    throw s3Error("reading the bucket's lifecycle rules", error);
  }
}

/** Makes these the bucket's rules, and there are no others. */
export async function writeRules(
  client: S3Client,
  bucket: string,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const LifecycleConfiguration = { Rules: [...rules] };
  try {
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
  } catch (error) {
    throw s3Error("writing the bucket's lifecycle rules", error);
  }
}

function idPrefix(instance: string): string {
  return `stratobot-${instance}-`;
}
