/** What a person reads who got one value of the file wrong. */
import { expect, test } from 'vitest';
import { problemsOf, SMALL } from './folder.ts';

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
            expected who may do it, with the keys \`logins\`, \`teams\`, \`role\`, \`everyone\`, \`deny\`; for example \`build: { teams: ['EESSI/builders'] }\`

    line 29: \`limits\` is empty
       29 | limits:
          |        ^
            expected a mapping with the keys \`webhook_bytes\`, \`tarball_bytes\`, \`tarball_members\`, \`log_bytes\`, \`logs_here\`, \`comment_length\`, \`commands_per_comment\`, \`builds_per_request\`, \`builds_per_pull_request\`, \`builds_per_person\`, \`keep_webhooks\`"
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

    line 29: \`limits.log_bytes\` is the text "64MB"
       29 | limits: { log_bytes: 64MB }
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
