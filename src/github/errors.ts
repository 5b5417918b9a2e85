/** GitHub's answers as the domain's errors. */
import { Permanent, Retryable } from '../domain/errors.ts';

/** Octokit's RequestError: an answer of 300 and more, or, without `response`, no answer at all. */
interface HttpError extends Error {
  status: number;
  request: { method: string; url: string };
  response?: { headers: Record<string, string | number | undefined> };
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error && 'request' in error;
}

/** `answer` when GitHub answers one of `statuses`; anything else as it came. */
export async function ifStatus<T, A>(
  request: Promise<T>,
  statuses: readonly number[],
  answer: A,
): Promise<T | A> {
  return request.catch((error) => {
    if (isHttpError(error) && statuses.includes(error.status) && !isStale(error)) return answer;
    throw error;
  });
}

export function hasStatus(error: unknown, status: number): boolean {
  return isHttpError(error) && error.status === status;
}

/** A header of the answer that was an error, lower case. */
export function headerOf(error: unknown, name: string): string | undefined {
  const value = isHttpError(error) ? error.response?.headers[name] : undefined;
  return value === undefined ? undefined : String(value);
}

/** The error has this status and says so in words that fit. */
export function says(error: unknown, status: number, words: RegExp): boolean {
  return isHttpError(error) && error.status === status && words.test(error.message);
}

/** The installation does not cover the repository, or not any more: it was transferred, or the App removed from it. */
export class OutOfReach extends Permanent {}

/** The installation or its token is no longer good: the App was installed anew, its tokens were revoked, the repository has moved on. */
export function isStale(error: unknown): boolean {
  if (error instanceof OutOfReach) return true;
  if (!isHttpError(error)) return false;
  return error.status === 401 || (error.status === 404 && error.request.url.endsWith('/access_tokens'));
}

/**
 * Retryable for no answer, 5xx and rate limits (with the wait GitHub asks for), Permanent for every other refusal. `now` in
 * unix ms.
 */
export function domainError(error: unknown, now: number): Error {
  if (error instanceof Retryable || error instanceof Permanent) return error;
  if (!isHttpError(error)) return new Permanent(`GitHub could not be asked: ${error}`, { cause: error });
  if (error.cause instanceof Permanent) return error.cause;
  const { method, url } = error.request;
  const what = `${method} ${URL.parse(url)?.pathname ?? url}`;
  if (error.response === undefined)
    return new Retryable(`GitHub did not answer ${what}: ${error.message}`, { cause: error });
  const message = `GitHub answered ${error.status} to ${what}: ${error.message}`;
  if (error.status >= 500) return new Retryable(message, { cause: error });
  const wait = rateLimitWait(error, error.response.headers, now);
  if (wait === null) return new Permanent(message, { cause: error });
  return new Retryable(message, { cause: error, ...(wait > 0 ? { retryAfterMs: wait } : {}) });
}

/** Ms to wait, 0 where GitHub does not say how long, null when this is no rate limit. */
function rateLimitWait(
  { status, message }: HttpError,
  headers: Record<string, string | number | undefined>,
  now: number,
): number | null {
  const exhausted = headers['x-ratelimit-remaining'] === '0';
  const retryAfter = Number(headers['retry-after'] ?? 0);
  const limited = exhausted || retryAfter > 0 || /rate limit/i.test(message);
  if (status !== 429 && !(status === 403 && limited)) return null;
  if (retryAfter > 0) return retryAfter * 1000;
  return exhausted ? Math.max(0, Number(headers['x-ratelimit-reset'] ?? 0) * 1000 - now) : 0;
}
