/** What a person reads whose file has parts that do not fit each other, or the machine. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, problemsOf, SECRETS, SMALL, write } from './folder.ts';

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

test('a node that is to upload to S3, and no S3', async () => {
  const text = SMALL.replace('jobs_dir:', 'collect: presigned\n    jobs_dir:');
  expect(await problemsOf(text)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 20: pool \`zen2\` has \`collect: presigned\`, but \`artifacts\` is not in S3; write \`collect: stream\`, or keep the artifacts in \`artifacts.s3\`
       20 |     collect: presigned
          |              ^^^^^^^^^"
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

test('options of a scheduler that the pool does not have', async () => {
  const text = SMALL.replace('jobs_dir:', "sbatch_options: ['--partition=zen2']\n    jobs_dir:");
  expect(await problemsOf(text)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 20: pool \`zen2\` has \`sbatch_options\`, but its scheduler is \`process\`; leave it out, or write \`scheduler: slurm\`
       20 |     sbatch_options: ['--partition=zen2']
          |     ^^^^^^^^^^^^^^"
  `);
  const slurm = text.replace('sbatch_options:', 'scheduler: slurm\n    nice: 5\n    sbatch_options:');
  expect(await problemsOf(slurm)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 21: pool \`zen2\` has \`nice\`, but its scheduler is \`slurm\`; leave it out, or write \`scheduler: process\`
       21 |     nice: 5
          |     ^^^^"
  `);
  expect(await problemsOf(slurm.replace("'--partition=zen2'", 'partition zen2'))).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 22: \`pools[0].sbatch_options[0]\` is the text "partition zen2"
       22 |     sbatch_options: [partition zen2]
          |                      ^^^^^^^^^^^^^^
            expected an option for sbatch, with its value in the same text; for example \`- '--partition=zen2'\`"
  `);
});

test('a rule for easystacks of a repository that is not there', async () => {
  const text = SMALL.replace(
    '    permissions:',
    '    easystacks:\n      - { path: next/**, repository: eessi.io-2025.06-sofware }\n    permissions:',
  );
  expect(await problemsOf(text)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 10: a rule for easystacks refers to \`eessi.io-2025.06-sofware\`, which is not in \`repositories\`; did you mean \`eessi.io-2025.06-software\`?
       10 |       - { path: next/**, repository: eessi.io-2025.06-sofware }
          |                                      ^^^^^^^^^^^^^^^^^^^^^^^^"
  `);
});

test('rules for some repositories, and labels that say two things', async () => {
  const text = SMALL.replace(
    /^( +)permissions:\n/m,
    [
      '$1labels: { built: ready, failed: Ready, building: bot:build }',
      '$1permissions:',
      '$1  by_repository:',
      '$1    - repositories: [eessi.io-2025.06-sofware]',
      '$1      build: { deny: [max] }',
      '$1      deploy: { everyone: true }',
      '',
    ].join('\n'),
  );
  expect(await problemsOf(text)).toMatchInlineSnapshot(`
    "stratobot.yml: 4 problems

    line 9: the label \`bot:build\` says something else already; take another name
        9 |     labels: { built: ready, failed: Ready, building: bot:build }
          |                                                      ^^^^^^^^^

    line 9: the label \`Ready\` says something else already; take another name
        9 |     labels: { built: ready, failed: Ready, building: bot:build }
          |                                     ^^^^^

    line 12: a rule for some repositories refers to \`eessi.io-2025.06-sofware\`, which is not in \`repositories\`; did you mean \`eessi.io-2025.06-software\`?
       12 |         - repositories: [eessi.io-2025.06-sofware]
          |                          ^^^^^^^^^^^^^^^^^^^^^^^^

    line 14: \`software_repositories[0].permissions.by_repository[0].deploy\` is open to everyone
       14 |           deploy: { everyone: true }
          |                     ^^^^^^^^
            expected \`logins\`, \`teams\` or a \`role\`"
  `);
});
