import { expect, test } from 'vitest';
import { deployBody, deployTitle } from '../../src/messages/deploy-pr.ts';
import { artifact, deployIn, deployStates } from './rows.ts';

type DeployRow = Parameters<typeof deployBody>[0]['rows'][number];

const tests = { status: 'SUCCESS', passed: 12, failed: null } as const;

function row(id: number, target: string, special: Partial<DeployRow> = {}): DeployRow {
  return {
    target,
    artifact: artifact(id, `eessi-${id}.tar.zst`),
    tests,
    version: '2025.06',
    node: 'zen2/node-1',
    buildId: id,
    askedBy: 'maria',
    ...special,
  };
}

const body = (rows: DeployRow[]) => {
  const view = {
    deploy: deployIn(deployStates.preparing),
    rows,
    approvers: 'members of o/ingest',
    needed: 1,
    instance: 'aws',
  };
  return deployBody(view);
};

test('what a reviewer sees when all is well', () => {
  const deploy = deployIn(deployStates.preparing);
  const view = {
    deploy,
    rows: [row(1, 'x86_64/amd/zen2')],
    approvers: 'members of o/ingest',
    needed: 1,
    instance: 'aws',
  };
  expect(deployTitle(view)).toMatchInlineSnapshot(`"Ingest 1 tarball into software.eessi.io (o/r#3)"`);
  expect(deployBody(view)).toMatchInlineSnapshot(`
    "### Ingest 1 tarball into \`software.eessi.io\` (o/r#3, commit \`fffffff\`)

    Asked for by @maria. **Approving this pull request publishes these bytes**: digest \`sha256:b7bd55c1…54ae\`. It takes one approval from members of o/ingest, not by @maria and not by the author @jo. Closing it rejects the deploy; merging it by hand publishes nothing.

    | module | \`zen2\` |
    | --- | :-: |
    | \`GROMACS/2024.4-foss-2023b\` | yes |

    | target | tarball | files | unpacked | tests | outside the prefix |
    | --- | --: | --: | --: | --- | --- |
    | \`zen2\` | [1000 B](https://example.org/eessi-1.tar.zst) | 1 | 1.0 GiB | 12 passed | none |

    Signed with \`SHA256:c2lnbmVy\`.

    <details><summary>Contents of each tarball</summary>

    <details><summary><code>x86_64/amd/zen2</code>: 1 file, 1 directory, 0 links</summary>

    Software:

    \`\`\`
    GROMACS/2024.4-foss-2023b
    \`\`\`

    Largest files:

    \`\`\`
      4.9 KiB  a
    \`\`\`

    </details>

    </details>

    <details><summary>Who built them, and where: instance <code>aws</code></summary>

    Built from commit \`ffffffffffffffffffffffffffffffffffffffff\` of o/r#3, by @jo.

    | target | build | node | asked for by | name |
    | --- | --: | --- | --- | --- |
    | \`zen2\` | 1 | \`zen2/node-1\` | @maria | \`eessi-1.tar.zst\` |

    </details>

    <details><summary>Digests</summary>

    \`\`\`
    b7bd55c11b781b0ccc43aa6e57f9dadf0660e9d1d4e27e0979ee43a407d454ae  the deploy, as it is approved
    acf768bbad0fdf39c6ef53186802ce337a0174b56302eb977bb877fce587edf5  eessi-1.tar.zst
    \`\`\`

    </details>

    \`overview.md\` among the files of this pull request has all of it; the metadata of each tarball is beside it."
  `);
});

test('a module that one target lacks stands out', () => {
  const rich = artifact(1, 'eessi-1.tar.zst', { modules: ['GROMACS/2024.4', 'mpi4py/3.1.5'] });
  const poor = artifact(2, 'eessi-2.tar.zst', { modules: ['mpi4py/3.1.5'] });
  const text = body([
    row(1, 'x86_64/amd/zen2', { artifact: rich }),
    row(2, 'x86_64/generic', { artifact: poor }),
  ]);
  expect(text.split('\n').filter((line) => /missing|lacks/.test(line))).toMatchInlineSnapshot(`
    [
      "- ⚠️ \`generic\` lacks 1 module that others have.",
      "| \`GROMACS/2024.4\` | yes | **missing** |",
    ]
  `);
});

test.each([
  ['FAILURE', { status: 'FAILURE', passed: 11, failed: 1 }, '**failed** (1)'],
  ['SKIPPED', { status: 'SKIPPED', passed: null, failed: null }, '**skipped**'],
  ['UNKNOWN', { status: 'UNKNOWN', passed: null, failed: null }, '**no result**'],
] as const)('tests that are %s stand out', (_, outcome, words) => {
  expect(body([row(1, 'x86_64/amd/zen2', { tests: outcome })])).toContain(`| ${words} |`);
});

test('files outside the prefix are counted and named', () => {
  const outside = { count: 2, first: ['2025.06/init/bash', '2025.06/init/zsh'] };
  const text = body([row(1, 'x86_64/amd/zen2', { artifact: artifact(1, 'a.tar.zst', { outside }) })]);
  expect(text).toContain('| **2 files** |');
  expect(text).toContain('Outside the prefix:\n\n```\n2025.06/init/bash\n2025.06/init/zsh\n```');
});

test('names in a tarball stay names', () => {
  const modules = ['a|b', '`x` @maria', '</details><img src=x>'];
  const text = body([
    row(1, 'x86_64/amd/zen2', { artifact: artifact(1, 'a.tar.zst', { modules, software: modules }) }),
  ]);
  expect(text.split('\n').filter((line) => line.endsWith('| yes |'))).toMatchInlineSnapshot(`
    [
      "| \`</details><img src=x>\` | yes |",
      "| \`\` \`x\` @maria \`\` | yes |",
      "| \`a\\|b\` | yes |",
    ]
  `);
});
