import { Retryable } from '../domain/errors.ts';

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * SQLSTATE codes after which the same statement may succeed; source: PostgreSQL, appendix A.
 * 08: connection, 53: resources, 40: rollback (deadlock, serialization), 57P: terminated or starting, 57014: timed out,
 * 55P03: lock not available, 25P03: idle in transaction.
 */
const SQLSTATE = /^(08...|53...|40...|57P..|57014|55P03|25P03)$/;

/** Errors of node-postgres and Kysely that carry no code. */
const DRIVER =
  /connection terminated|not queryable|connection has been discarded|timeout exceeded when trying to connect|query read timeout/i;

/** Turns an error of a connection that may work next time into a Retryable; gives everything else back as it is. */
export function asRecordsError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Retryable) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (!NETWORK.has(code) && !SQLSTATE.test(code) && !DRIVER.test(error.message)) return error;
  return new Retryable(`PostgreSQL does not answer: ${error.message || code}`, { cause: error });
}

/** The same object, with methods whose errors have passed asRecordsError. */
export function withRecordsErrors<T extends object>(aggregate: T): T {
  return new Proxy(aggregate, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(member, target, args);
        } catch (error) {
          throw asRecordsError(error);
        }
      };
    },
  });
}
