import { expect, test } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { asRecordsError } from '../../src/store/failures.ts';

const coded = (code: string) => Object.assign(new Error('…'), { code });

test.each([
  coded('ECONNREFUSED'),
  coded('57P01'),
  coded('40001'),
  new Error('Connection terminated unexpectedly'),
  new Error('Client has encountered a connection error and is not queryable'),
  // Kysely's, when the connection broke within a transaction or under its lock for migrations.
  new Error('Postgres connection has been discarded'),
])('$message $code is tried again', (error) => {
  expect(asRecordsError(error)).toBeInstanceOf(Retryable);
});

test.each([coded('23505'), coded('42703'), new Error('column "x" does not exist'), 'no error'])(
  '%s stays what it is',
  (error) => {
    expect(asRecordsError(error)).toBe(error);
  },
);
