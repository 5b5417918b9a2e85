import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from '../../src/commands/log.ts';

function logged(fields: object, options: { isTTY?: boolean } = {}): string {
  const output = Object.assign(new PassThrough(), options);
  createLog('info', output).info(fields, 'something happened');
  return String(output.read());
}

test('a line is JSON with the fields and the message', () => {
  expect(JSON.parse(logged({ buildId: 7 }))).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    buildId: 7,
    msg: 'something happened',
  });
});

test('a terminal gets lines to read', () => {
  const line = logged({ buildId: 7 }, { isTTY: true });
  expect(line).toContain('something happened');
  expect(() => JSON.parse(line)).toThrow();
});

test('what is below the level is not written', () => {
  const output = new PassThrough();
  createLog('warn', output).info({}, 'quiet');
  expect(output.read()).toBeNull();
});

test('secrets are covered wherever they stand', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----';
  const error = Object.assign(new Error('clone of https://x-access-token:hunter2@github.com/a/b failed'), {
    status: 401,
    request: { headers: { authorization: 'token hunter2', accept: 'json' } },
    cause: new Error('token ghs_hunter2hunter2hunter2 was refused'),
  });
  const line = logged({
    error,
    github: { privateKey: key, webhookSecret: 'hunter2', appId: 1 },
    s3: { secretAccessKey: 'hunter2', secret_access_key: 'hunter2', accessKeyId: 'id' },
    deep: [{ token: 'hunter2' }, { headers: { 'x-hub-signature-256': 'sha256=hunter2' } }],
    text: `key: ${key}`,
  });
  expect(line).not.toContain('hunter2');
  expect(line).not.toContain('abc');
  const parsed = JSON.parse(line);
  expect(parsed.error).toMatchObject({
    type: 'Error',
    status: 401,
    request: { headers: { accept: 'json' } },
  });
  expect(parsed.error.cause.message).toBe('token [covered] was refused');
  expect(parsed.s3.accessKeyId).toBe('id');
  expect(parsed.github.appId).toBe(1);
});

test('circles, buffers and big numbers do not break the log', () => {
  const circle: Record<string, unknown> = { bytes: Buffer.from('secret'), big: 10n };
  circle.self = circle;
  expect(JSON.parse(logged(circle))).toMatchObject({
    bytes: '[6 bytes]',
    big: '10',
    self: '[circle]',
  });
});
