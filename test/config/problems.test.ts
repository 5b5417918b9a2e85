/** What a person reads who got the file wrong. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

const withS3 = SMALL.replace(/ {2}directory: \{ root: \.\/artifacts.*\n/, '  s3: { bucket: b }\n');

describe('single values', () => {
  test('an unknown key', async () => {
    expect(await problemsOf(SMALL.replace('pools:', 'poools:'))).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 17: unknown key \`poools\` in the top level; did you mean \`pools\`?
         17 | poools:
            | ^^^^^^"
    `);
  });

  test('a key that is near nothing', async () => {
    expect(await problemsOf(SMALL.replace('public_url:', 'banana: 1\n  public_url:'))).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 3: unknown key \`banana\` in \`server\`
          3 |   banana: 1
            |   ^^^^^^
              expected one of \`host\`, \`port\`, \`public_url\`"
    `);
  });

  test('a wrong type, a wrong form, something missing', async () => {
    const text = SMALL.replace('app_id: 12345', "app_id: 'abc'")
      .replace('jobs_dir: /srv/stratobot/jobs', 'jobs_dir: jobs\n    time_limit: 24')
      .replace('public_url: https://bot.example.org', 'port: 70000');
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 5 problems

      line 2: \`server.public_url\` is missing
          2 | server:
            | ^^^^^^
              expected an address that starts with \`https://\` or \`http://\`, without a user, password, \`?\` or \`#\`; for example \`public_url: https://bot.example.org\`

      line 3: \`server.port\` is the number 70000
          3 |   port: 70000
            |         ^^^^^
              expected a port, a whole number from 1 to 65535; for example \`port: 3000\`

      line 5: \`github.app_id\` is the text "abc"
          5 |   app_id: 'abc'
            |           ^^^^^
              expected the App's id, a whole number; for example \`app_id: 12345\`

      line 20: \`pools[0].jobs_dir\` is the text "jobs"
         20 |     jobs_dir: jobs
            |               ^^^^
              expected an absolute path on the node; for example \`jobs_dir: /srv/stratobot/jobs\`

      line 21: \`pools[0].time_limit\` is the number 24
         21 |     time_limit: 24
            |                 ^^
              expected a duration with its unit, \`s\`, \`m\`, \`h\` or \`d\`; for example \`time_limit: 24h\`"
    `);
  });

  test('a version that YAML took for a number', async () => {
    expect(await problemsOf(SMALL.replace("'2025.06'", '2025.10'))).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 16: \`repositories[0].version\` is the number 2025.10
         16 |     version: 2025.10
            |              ^^^^^^^
              expected text; put it in quotes: \`version: '2025.10'\`"
    `);
  });

  test('a team without its organisation', async () => {
    expect(await problemsOf(SMALL.replace("['EESSI/ingest']", '[ingest]'))).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 12: \`software_repositories[0].permissions.approve.teams[0]\` is the text "ingest"
         12 |       approve: { teams: [ingest] }
            |                          ^^^^^^
              expected a team, \`org/slug\`; for example \`- 'EESSI/builders'\`"
    `);
  });

  test('a mapping, a list and a value where something else belongs', async () => {
    const text = SMALL.replace('  app_id: 12345', '  - 12345').replace('{ role: maintain }', 'maintain');
    expect(await problemsOf(`${text}limits:\n`)).toMatchInlineSnapshot(`
      "stratobot.yml: 3 problems

      line 5: \`github\` is a list
          5 |   - 12345
            |   ^^^^^^^
              expected a mapping with the keys \`app_id\`, \`api_url\`, \`git_url\`

      line 10: \`software_repositories[0].permissions.build\` is the text "maintain"
         10 |       build: maintain
            |              ^^^^^^^^
              expected who may do it, with the keys \`logins\`, \`teams\`, \`role\`, \`everyone\`; for example \`build: { teams: ['EESSI/builders'] }\`

      line 28: \`limits\` is empty
         28 | limits:
            |        ^
              expected a mapping with the keys \`tarball_bytes\`, \`tarball_members\`, \`log_bytes\`"
    `);
  });

  test('a size without a unit and a key prefix that climbs', async () => {
    const text = SMALL.replace('root: ./artifacts,', 'root: ./artifacts, key_prefix: ../x,');
    expect(await problemsOf(`${text}limits: { log_bytes: 64MB }\n`)).toMatchInlineSnapshot(`
      "stratobot.yml: 2 problems

      line 24: \`artifacts.directory.key_prefix\` is the text "../x"
         24 |   directory: { root: ./artifacts, key_prefix: ../x, base_url: https://artifacts.example.org/ }
            |                                               ^^^^
              expected a path of letters, digits, \`.\`, \`_\`, \`-\` and the placeholders \`\${github_repository}\`, \`\${pull_request_number}\`, \`\${build_id}\`, \`\${legacy_aws_path}\`; for example \`key_prefix: '\${github_repository}/\${pull_request_number}/\${build_id}'\`

      line 28: \`limits.log_bytes\` is the text "64MB"
         28 | limits: { log_bytes: 64MB }
            |                      ^^^^
              expected a size with its unit, \`B\`, \`KiB\`, \`MiB\`, \`GiB\` or \`TiB\`; for example \`log_bytes: 200GiB\`"
    `);
  });

  test('a host key that is a fingerprint, and a user that is an option', async () => {
    const ssh = 'ssh: { host: n1, user: -oProxyCommand=x, host_key: "SHA256:abc", identity_file: id }';
    expect(await problemsOf(SMALL.replace('local: true', ssh))).toMatchInlineSnapshot(`
      "stratobot.yml: 2 problems

      line 22: \`pools[0].nodes[0].ssh.user\` is the text "-oProxyCommand=x"
         22 |       - { name: here, ssh: { host: n1, user: -oProxyCommand=x, host_key: "SHA256:abc", identity_file
            |                                              ^^^^^^^^^^^^^^^^
              expected a user name; for example \`user: builder\`

      line 22: \`pools[0].nodes[0].ssh.host_key\` is the text "SHA256:abc"
         22 |       - { name: here, ssh: { host: n1, user: -oProxyCommand=x, host_key: "SHA256:abc", identity_file
            |                                                                          ^^^^^^^^^^^^
              expected the node's public host key, type and base64, as the first two words of \`/etc/ssh/ssh_host_ed25519_key.pub\`; for example \`host_key: 'ssh-ed25519 AAAAC3Nz…'\`"
    `);
  });

  test('an address with a password is not shown back', async () => {
    const text = SMALL.replace('https://bot.example.org', 'https://me:hunter2@bot.example.org');
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 3: \`server.public_url\` is the text "https://…@bot.example.org"
          3 |   public_url: https://…@bot.example.org
            |               ^^^^^^^^^^^^^^^^^^^^^^^^^
              expected an address that starts with \`https://\` or \`http://\`, without a user, password, \`?\` or \`#\`; for example \`public_url: https://bot.example.org\`"
    `);
  });
});

describe('parts that do not fit', () => {
  test('an unknown repository, an unpublished one, a node reached no way', async () => {
    const text = SMALL.replace('local: true', 'local: true, slots: 2 }\n      - { name: here')
      .replace('jobs_dir:', 'repositories: [eessi.io-2025.06-sofware]\n    jobs_dir:')
      .replace('  - repository: software.eessi.io', '  - repository: dev.eessi.io');
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 5 problems

      line 15: \`publishers\` has no entry for \`software.eessi.io\`; add one: \`- repository: software.eessi.io\`
         15 |     name: software.eessi.io
            |           ^^^^^^^^^^^^^^^^^

      line 20: pool \`zen2\` refers to \`eessi.io-2025.06-sofware\`, which is not in \`repositories\`; did you mean \`eessi.io-2025.06-software\`?
         20 |     repositories: [eessi.io-2025.06-sofware]
            |                    ^^^^^^^^^^^^^^^^^^^^^^^^

      line 24: \`here\` is already \`pools[0].nodes[0].name\`; each may be there once
         24 |       - { name: here }
            |                 ^^^^

      line 24: \`pools[0].nodes[1]\` has neither \`ssh\` nor \`local\`
         24 |       - { name: here }
            |         ^^^^^^^^^^^^^^
              expected one of them

      line 28: nothing is built for \`dev.eessi.io\`
         28 |   - repository: dev.eessi.io
            |                 ^^^^^^^^^^^^
              expected one of \`software.eessi.io\`"
    `);
  });

  test('the same thing twice', async () => {
    const pool = /pools:\n([\s\S]*)artifacts:/.exec(SMALL)?.[1] ?? '';
    const repository = /software_repositories:\n([\s\S]*)repositories:\n {2}- id/.exec(SMALL)?.[1] ?? '';
    const text = SMALL.replace(pool, pool + pool).replace(
      repository,
      repository + repository.replace('EESSI/software-layer', 'eessi/Software-Layer'),
    );
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 2 problems

      line 13: \`eessi/Software-Layer\` is already \`software_repositories[0].github\`; each may be there once
         13 |   - github: eessi/Software-Layer
            |             ^^^^^^^^^^^^^^^^^^^^

      line 29: \`zen2\` is already \`pools[0].name\`; each may be there once
         29 |   - name: zen2
            |           ^^^^"
    `);
  });

  test('rules that let everybody or nobody in, and a repository that stages itself', async () => {
    const text = SMALL.replace("{ teams: ['EESSI/ingest'] }", '{ everyone: true }')
      .replace('{ role: maintain }', '{ logins: [] }')
      .replace('EESSI/staging', 'EESSI/software-layer');
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 3 problems

      line 8: \`EESSI/software-layer\` is its own staging repository
          8 |     staging: EESSI/software-layer
            |              ^^^^^^^^^^^^^^^^^^^^
              expected another repository: deploy pull requests would otherwise be taken for software

      line 10: \`software_repositories[0].permissions.build\` lets nobody in; name some, for example \`teams: ['EESSI/builders']\`
         10 |       build: { logins: [] }
            |       ^^^^^

      line 12: \`software_repositories[0].permissions.approve\` is open to everyone
         12 |       approve: { everyone: true }
            |                  ^^^^^^^^
              expected \`logins\`, \`teams\` or a \`role\`"
    `);
  });

  test('no place for artifacts', async () => {
    expect(
      await problemsOf(SMALL.replace(/ {2}directory: \{ root: .*base_url.*/, '  {}')),
    ).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 23: \`artifacts\` has neither \`s3\` nor \`directory\`
         23 | artifacts:
            | ^^^^^^^^^
              expected one of them"
    `);
  });

  test('two places for artifacts', async () => {
    const env = { ...SECRETS, STRATOBOT_S3_ACCESS_KEY_ID: 'id', STRATOBOT_S3_SECRET_ACCESS_KEY: 'key' };
    const text = SMALL.replace('artifacts:', 'artifacts:\n  s3: { bucket: b }');
    expect(await problemsOf(text, env)).toContain('line 23: `artifacts` has both `s3` and `directory`');
  });

  test('SSH keys and folders that are not there, or open to others', async () => {
    const at = await folder();
    await write(join(at, 'open'), 'key', 0o644);
    await mkdir(join(at, 'folder'));
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMgaXMgYW4gZXhhbXBsZSwgbm8gcmVhbCBrZXku';
    const node = (name: string) =>
      `- { name: ${name}, ssh: { host: h, user: u, host_key: '${key}', identity_file: ${name} } }`;
    const nodes = ['absent', 'open', 'folder'].map(node).join('\n      ');
    const text = SMALL.replace('- { name: here, local: true }', nodes).replace(
      'jobs_dir:',
      'repos_cfg_dir: ./repos\n    jobs_dir:',
    );
    expect(await problemsOf(text, SECRETS, at)).toMatchInlineSnapshot(`
      "stratobot.yml: 4 problems

      line 20: there is no folder \`./repos\`; mend the path, or leave the key out
         20 |     repos_cfg_dir: ./repos
            |                    ^^^^^^^

      line 23: \`absent\` does not exist; mend the path
         23 | ku', identity_file: absent } }
            |                     ^^^^^^

      line 24: \`open\` is open to every user of this machine (mode 0644); run \`chmod 600 open\`
         24 | ku', identity_file: open } }
            |                     ^^^^

      line 25: \`folder\` is not a file; mend the path
         25 | ku', identity_file: folder } }
            |                     ^^^^^^"
    `);
  });
});

describe('YAML', () => {
  test('a key twice', async () => {
    expect(await problemsOf(`${SMALL}instance: other\n`)).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 28: the key \`instance\` is there twice
         28 | instance: other
            | ^^^^^^^^"
    `);
  });

  test('a tab, and a bracket left open', async () => {
    expect(await problemsOf('instance: aws-bot\nserver:\n\tport: 3000\n')).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 3: indented with a tab; YAML wants spaces
          3 |  port: 3000
            | ^"
    `);
    expect(await problemsOf('instance: aws-bot\nexports: [A\npools: []\n')).toMatchInlineSnapshot(`
      "stratobot.yml: 1 problem

      line 3: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
          3 | pools: []
            | ^^^^^"
    `);
  });

  test('aliases that multiply', async () => {
    const lines = ['a0: &a0 [x, x]'];
    for (let n = 1; n < 12; n++)
      lines.push(
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect((await problemsOf(lines.join('\n'))).split('\n').slice(0, 3)).toMatchInlineSnapshot(`
      [
        "stratobot.yml: 1 problem",
        "",
        "line 1: Excessive alias count indicates a resource exhaustion attack",
      ]
    `);
  });

  test('an alias is followed to the place that is wrong', async () => {
    const text = SMALL.replace(
      "deploy: { teams: ['EESSI/builders'] }",
      'deploy: &who { teams: [builders] }',
    ).replace("approve: { teams: ['EESSI/ingest'] }", 'approve: *who');
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "stratobot.yml: 2 problems

      line 11: \`software_repositories[0].permissions.deploy.teams[0]\` is the text "builders"
         11 |       deploy: &who { teams: [builders] }
            |                              ^^^^^^^^
              expected a team, \`org/slug\`; for example \`- 'EESSI/builders'\`

      line 11: \`software_repositories[0].permissions.approve.teams[0]\` is the text "builders"
         11 |       deploy: &who { teams: [builders] }
            |                              ^^^^^^^^
              expected a team, \`org/slug\`; for example \`- 'EESSI/builders'\`"
    `);
  });

  test('an empty file, a list, no file at all', async () => {
    expect(await problemsOf('')).toContain('the file is empty');
    expect(await problemsOf('- 1\n')).toContain('the file is a list');
    await expect(loadAbsent()).rejects.toThrow(
      'absent.yml: does not exist; start from `stratobot.example.yml`',
    );
  });
});

async function loadAbsent() {
  const { loadConfig } = await import('../../src/config/load.ts');
  return loadConfig('absent.yml', SECRETS);
}

describe('secrets', () => {
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
});
