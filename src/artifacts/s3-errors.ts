import { Permanent, Retryable } from '../domain/errors.ts';

/** What an operator does about an error of S3; other client errors are told as S3 tells them. */
const sentences: Record<string, string> = {
  NoSuchBucket: 'The bucket does not exist',
  AccessDenied: 'The credentials have no access to the bucket',
  InvalidAccessKeyId: 'S3 does not know the access key',
  SignatureDoesNotMatch: 'The secret key does not belong to the access key',
  RequestTimeTooSkewed: "This machine's clock differs too much from that of S3",
  CredentialsProviderError: 'There are no credentials for S3',
  PermanentRedirect: 'The bucket is in another region or at another endpoint',
};

/** Errors that say "try again" with a code below 500. */
const passing: readonly string[] = [
  'RequestTimeout',
  'SlowDown',
  'NoSuchUpload',
  'Throttling',
  'OperationAborted',
];

/** Turns an error of the SDK into Retryable or Permanent; one that is classified already stays as it is. */
export function s3Error(doing: string, error: unknown): Retryable | Permanent {
  if (error instanceof Retryable || error instanceof Permanent) return error;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const status = statusOf(error);
  const known = sentences[name];
  if (known !== undefined) return new Permanent(`${known} (${doing}).`, { cause: error });
  const refused = status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (refused && !passing.includes(name)) {
    return new Permanent(`S3 refused ${doing}: ${name}: ${message}.`, { cause: error });
  }
  return new Retryable(`S3 did not answer well to ${doing}: ${message}`, { cause: error });
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}
