import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { folder, SECRETS, SMALL, write } from './folder.ts';

/** A bucket's lifecycle rules, answered by hand: the S3 server of the other tests has none. */
let server: Server;
let answer: { status: number; body: string };
let written: string[];

beforeEach(async () => {
  answer = { status: 404, body: errorOf('NoSuchLifecycleConfiguration') };
  written = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'PUT') written.push(body);
    const { status, body: text } = request.method === 'PUT' ? { status: 200, body: '' } : answer;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const errorOf = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
const others = `<?xml version="1.0"?><LifecycleConfiguration>
  <Rule><ID>tidy-up</ID><Status>Enabled</Status><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule>
  <Rule><ID>stratobot-aws-bot-old-logs</ID><Status>Enabled</Status><Filter><Prefix/></Filter><Expiration><Days>1</Days></Expiration></Rule>
</LifecycleConfiguration>`;

async function run(store: 's3' | 'directory', ...args: string[]) {
  const at = await folder();
  const { port } = server.address() as AddressInfo;
  const s3 = `  s3: { endpoint: 'http://127.0.0.1:${port}', bucket: stack, path_style: true, key_prefix: 'new/\${build_id}' }`;
  const text = store === 's3' ? SMALL.replace(/^ {2}directory: .*$/m, s3) : SMALL;
  const path = await write(join(at, 'stratobot.yml'), text);
  let out = '';
  let err = '';
  const exit = await runCommandLine([...args, '--config', path], {
    env: {
      ...SECRETS,
      STRATOBOT_DATA: join(at, 'data'),
      ...(store === 's3'
        ? { STRATOBOT_S3_ACCESS_KEY_ID: 'key', STRATOBOT_S3_SECRET_ACCESS_KEY: 'a secret key' }
        : {}),
    },
    out: (part) => {
      out += part;
    },
    err: (part) => {
      err += part;
    },
  });
  return { exit, out, err };
}

describe('s3 lifecycle', () => {
  test('shows the rules and writes nothing in a dry run', async () => {
    const { exit, out, err } = await run('s3', 's3', 'lifecycle', '--dry-run');
    expect({ exit, err, written }).toEqual({ exit: 0, err: '', written: [] });
    expect(out).toMatchInlineSnapshot(`
      "bucket stack, keys that begin with new/

      stratobot-aws-bot-old-logs            logs of builds are deleted after 365 days
      stratobot-aws-bot-unjudged            what nodes uploaded and nobody judged is deleted after 3 days
      stratobot-aws-bot-unfinished-uploads  uploads that never ended are freed after 3 days

      {
        "Rules": [
          {
            "ID": "stratobot-aws-bot-old-logs",
            "Status": "Enabled",
            "Filter": {
              "And": {
                "Prefix": "new/",
                "Tags": [
                  {
                    "Key": "stratobot",
                    "Value": "log"
                  }
                ]
              }
            },
            "Expiration": {
              "Days": 365
            }
          },
          {
            "ID": "stratobot-aws-bot-unjudged",
            "Status": "Enabled",
            "Filter": {
              "And": {
                "Prefix": "new/",
                "Tags": [
                  {
                    "Key": "stratobot",
                    "Value": "unjudged"
                  }
                ]
              }
            },
            "Expiration": {
              "Days": 3
            }
          },
          {
            "ID": "stratobot-aws-bot-unfinished-uploads",
            "Status": "Enabled",
            "Filter": {
              "Prefix": "new/"
            },
            "AbortIncompleteMultipartUpload": {
              "DaysAfterInitiation": 3
            }
          }
        ]
      }
      Nothing was written.
      "
    `);
  });

  test("writes our rules anew, and leaves others' as they are", async () => {
    answer = { status: 200, body: others };
    const { exit, out } = await run('s3', 's3', 'lifecycle');
    expect(exit).toBe(0);
    expect(out).toMatch(/tidy-up +not ours, stays as it is/);
    expect(out).toContain('The bucket has these rules now.');
    const ids = [...(written[0] ?? '').matchAll(/<ID>(.*?)<\/ID>/g)].map(([, id]) => id);
    expect(ids).toEqual([
      'tidy-up',
      'stratobot-aws-bot-old-logs',
      'stratobot-aws-bot-unjudged',
      'stratobot-aws-bot-unfinished-uploads',
    ]);
    expect(written[0]).toContain('<Days>9</Days>');
    expect(written[0]).toContain('<Days>365</Days>');
    expect(written[0]).toContain('<Key>stratobot</Key><Value>log</Value>');
    expect(written[0]).toContain('<DaysAfterInitiation>3</DaysAfterInitiation>');
    expect(written).toHaveLength(1);
  });

  test.each([
    [403, 'AccessDenied', 'The credentials have no access to the bucket'],
    [404, 'NoSuchBucket', 'The bucket does not exist'],
  ])('says what to do about %i %s, and writes nothing', async (status, code, sentence) => {
    answer = { status, body: errorOf(code) };
    const { exit, err, out } = await run('s3', 's3', 'lifecycle');
    expect({ exit, out, written }).toEqual({ exit: 1, out: '', written: [] });
    expect(err).toBe(`stratobot: ${sentence} (reading the bucket's lifecycle rules).\n`);
  });

  test('is refused for a folder, and a typo is shown', async () => {
    const wrongKind = await run('directory', 's3', 'lifecycle');
    expect(wrongKind.exit).toBe(2);
    expect(wrongKind.err).toContain('kept in a folder');
    const typo = await run('s3', 's3', 'lifecicle');
    expect(typo.exit).toBe(2);
    expect(typo.err).toContain('Did you mean lifecycle?');
    const option = await run('s3', 's3', 'lifecycle', '--dryrun');
    expect(option.err).toContain('Did you mean --dry-run?');
  });
});
