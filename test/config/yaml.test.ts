/** What a person reads whose file is no YAML, or not the YAML of a configuration. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { problemsOf, SECRETS, SMALL } from './folder.ts';

test('a key twice', async () => {
  expect(await problemsOf(`${SMALL}instance: other\n`)).toMatchInlineSnapshot(`
    "stratobot.yml: 1 problem

    line 29: the key \`instance\` is there twice
       29 | instance: other
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
  await expect(loadConfig('absent.yml', SECRETS)).rejects.toThrow(
    'absent.yml: does not exist; start from `stratobot.example.yml`',
  );
});
