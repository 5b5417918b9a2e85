/** What a person reads whose secrets are missing, weak, or in the wrong place; and that none is shown. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

const withS3 = SMALL.replace(/ {2}directory: \{ root: \.\/artifacts.*\n/, '  s3: { bucket: b }\n');

test('in the file are refused and not shown', async () => {
  const text = SMALL.replace(
    'app_id: 12345',
    'app_id: 12345\n  webhook_secret: hunter2hunter2hunter2',
  ).replace('public_url:', 'private_key: |\n    -----BEGIN\n  public_url:');
  const printed = await problemsOf(text);
  expect(printed).not.toContain('hunter2');
  expect(printed).toMatchInlineSnapshot(`
      "stratobot.yml: 2 problems

      line 3: \`private_key\` is a secret, and secrets are not read from this file; set the environment variable \`STRATOBOT_PRIVATE_KEY\`, or \`STRATOBOT_PRIVATE_KEY_FILE\` to the path of a file that holds it, and renew the secret if others could read this file
          3 |   private_key: …
            |   ^^^^^^^^^^^

      line 8: \`webhook_secret\` is a secret, and secrets are not read from this file; set the environment variable \`STRATOBOT_WEBHOOK_SECRET\`, or \`STRATOBOT_WEBHOOK_SECRET_FILE\` to the path of a file that holds it, and renew the secret if others could read this file
          8 |   webhook_secret: …
            |   ^^^^^^^^^^^^^^"
    `);
});

test('a key pasted where YAML cannot read it is not shown', async () => {
  const body = Buffer.alloc(48, 7).toString('base64');
  const printed = await problemsOf(`github:\n  private_key: [\n${body}\ninstance: aws-bot\n`);
  expect(printed).toContain('not valid YAML');
  expect(printed).not.toContain(body);
});

test('that are missing', async () => {
  expect(await problemsOf(withS3, {})).toMatchInlineSnapshot(`
      "stratobot.yml: 4 problems

      STRATOBOT_WEBHOOK_SECRET: is not set; set it, or \`STRATOBOT_WEBHOOK_SECRET_FILE\` to the path of a file, to the webhook secret of the GitHub App

      STRATOBOT_PRIVATE_KEY: is not set; set it, or \`STRATOBOT_PRIVATE_KEY_FILE\` to the path of a file, to the private key (PEM) of the GitHub App

      STRATOBOT_S3_ACCESS_KEY_ID: is not set; set it, or \`STRATOBOT_S3_ACCESS_KEY_ID_FILE\` to the path of a file, to the access key of the bucket in \`artifacts.s3\`

      STRATOBOT_S3_SECRET_ACCESS_KEY: is not set; set it, or \`STRATOBOT_S3_SECRET_ACCESS_KEY_FILE\` to the path of a file, to the secret key that belongs to it"
    `);
});

test('that are weak or no secret at all', async () => {
  expect(
    await problemsOf(SMALL, {
      STRATOBOT_WEBHOOK_SECRET: 'development',
      STRATOBOT_PRIVATE_KEY: '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----',
      DATABASE_URL: 'mysql://db',
      REDIS_URL: 'localhost:6379',
    }),
  ).toMatchInlineSnapshot(`
      "stratobot.yml: 4 problems

      STRATOBOT_WEBHOOK_SECRET: is a public default; make one with \`openssl rand -hex 32\` and enter it in the GitHub App's settings too

      STRATOBOT_PRIVATE_KEY: does not hold an RSA private key in PEM; use the file GitHub gives under “Generate a private key” in the App's settings

      DATABASE_URL: is no address of a PostgreSQL; for example \`postgres://host/name\`

      REDIS_URL: is no address of a Redis; for example \`redis://host:6379\`"
    `);
  expect(await problemsOf(SMALL, { ...SECRETS, STRATOBOT_WEBHOOK_SECRET: '123456789012345' })).toContain(
    'has fewer than 16 characters',
  );
});

test('in files that everybody can read, that are absent, empty, or given twice', async () => {
  const at = await folder();
  await write(join(at, 'webhook'), 'a webhook secret of good length', 0o644);
  await write(join(at, 'empty'), '\n');
  const env = {
    STRATOBOT_WEBHOOK_SECRET_FILE: join(at, 'webhook'),
    STRATOBOT_PRIVATE_KEY_FILE: join(at, 'absent.pem'),
    DATABASE_URL: 'postgres://db',
    DATABASE_URL_FILE: join(at, 'empty'),
    REDIS_URL_FILE: join(at, 'empty'),
  };
  expect(await problemsOf(SMALL, env, at)).toMatchInlineSnapshot(`
      "stratobot.yml: 4 problems

      STRATOBOT_WEBHOOK_SECRET_FILE: \`webhook\` is open to every user of this machine (mode 0644); run \`chmod 600 webhook\`

      STRATOBOT_PRIVATE_KEY_FILE: \`absent.pem\` does not exist; mend the path

      DATABASE_URL: and \`DATABASE_URL_FILE\` are both set; keep one of them

      REDIS_URL_FILE: \`empty\` is empty; write the secret into it"
    `);
});
