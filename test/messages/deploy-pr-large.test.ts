import { expect, test } from 'vitest';
import { deployBody, deployOverview } from '../../src/messages/deploy-pr.ts';
import type { DeployRow, DeployView } from '../../src/messages/deploy-view.ts';
import { artifact, deployIn, deployStates } from './rows.ts';

/** GitHub's limit, characters. */
const BODY_LIMIT = 65_536;
const name = (index: number, length = 200) => `module-${index}/1.0-${'x'.repeat(length)}`;
const modules = (count: number) => Array.from({ length: count }, (_, index) => name(index));

function view(
  targets: number,
  bring: (target: number) => string[],
  special: Partial<DeployView['deploy']> = {},
) {
  const rows = Array.from({ length: targets }, (_, index): DeployRow => {
    const brought = bring(index);
    const file = `eessi-2025.06-software-linux-x86_64-vendor-cpu_${index}-1795200000.tar.zst`;
    const outside = { count: 20, first: modules(20) };
    const largest = modules(5).map((path) => ({ path, bytes: 1_000 }));
    return {
      target: `x86_64/vendor/cpu_${index}`,
      version: '2025.06',
      artifact: artifact(index, file, { modules: brought, software: brought, outside, largest }),
      tests: { status: 'FAILURE', passed: 1, failed: 12, failedTests: modules(12) },
      node: `pool-${index}/node-1`,
      buildId: index,
      askedBy: 'maria',
    };
  });
  const deploy = { ...deployIn(deployStates.preparing), ...special };
  return { deploy, rows, approvers: 'members of o/ingest', needed: 1, instance: 'aws' };
}

/** Every row of every table has as many cells as its head, and nothing is left open. */
function expectWhole(text: string): void {
  expect(text.split('<details>').length).toBe(text.split('</details>').length);
  expect(text.split('\n').filter((line) => /^`{3,}$/.test(line)).length % 2).toBe(0);
  let columns = 0;
  for (const line of text.replaceAll(/^(`{3,})\n[\s\S]*?\n\1$/gm, '').split('\n')) {
    if (!line.startsWith('|')) columns = 0;
    else {
      const cells = line.split(/(?<!\\)\|/).length;
      expect(line.endsWith('|'), line).toBe(true);
      if (columns !== 0) expect(cells, line).toBe(columns);
      columns = cells;
    }
  }
  expect(text.split('\n').filter((line) => /^(\| :?-+:? )+\|$/.test(line)).length).toBeGreaterThan(1);
}

const all = modules(200);
const many = modules(5_000);
const clutter = {
  rebuild: true,
  despiteTests: { by: 'max', reason: 'r'.repeat(2_000) },
  differences: {
    ...{ added: 1_234_567, identical: 5, clashes: [], layers: ['2025.06/compat/linux/x86_64'] },
    replaced: { count: 4_000, first: modules(1_000) },
  },
};

test.each<[string, DeployView]>([
  ['60 targets with 200 modules', view(60, () => all)],
  [
    '60 targets of which each lacks another module',
    view(60, (target) => all.filter((_, index) => index !== target), clutter),
  ],
  ['60 targets in four kinds', view(60, (target) => all.slice(target % 4), clutter)],
  ['one target with 5,000 modules', view(1, () => many, clutter)],
  [
    'one target with modules of hostile names',
    view(1, () => Array.from({ length: 5_000 }, (_, index) => `${'|`\u0007'.repeat(60)}${index}`), clutter),
  ],
])('%s stay within what GitHub takes, in whole tables', (_what, shown) => {
  const text = deployBody(shown);
  expect(text.length).toBeLessThanOrEqual(BODY_LIMIT);
  expectWhole(text);
  expect(text).toContain('`overview.md` among the files of this pull request');
  const overview = deployOverview(shown);
  expectWhole(overview);
  for (const row of shown.rows) expect(overview).toContain(row.artifact.sha256);
});

test('the overview leaves no module out', () => {
  const overview = deployOverview(view(1, () => many));
  for (const module of many) expect(overview).toContain(`| \`${module}\` | yes |`);
});

test('targets that bring the same share a column, and what one lacks comes first', () => {
  const poor = (target: number) => (target === 3 ? all.slice(0, -1) : all);
  const [, head, form, first, second] =
    deployBody(view(12, poor)).match(/\n(\| module .*)\n(.*)\n(.*)\n(.*)\n/) ?? [];
  expect([head, form, first?.replace(/x+/, 'x'), second?.replace(/x+/, 'x')]).toMatchInlineSnapshot(`
    [
      "| module | 11 targets | \`cpu_3\` |",
      "| --- | :-: | :-: |",
      "| \`module-199/1.0-x…\` | yes | **missing** |",
      "| \`module-0/1.0-x…\` | yes | yes |",
    ]
  `);
});

test('each target has a column of its own where there are few, also for two versions of the stack', () => {
  const two = view(2, () => ['tool/1.0']);
  const [row] = two.rows;
  if (row === undefined) throw new Error('no row');
  const later = { ...row, version: '2026.06' };
  const text = deployBody({ ...two, rows: [...two.rows, later] });
  expect(text.split('\n').find((line) => line.startsWith('| module'))).toMatchInlineSnapshot(
    `"| module | \`cpu_0 2025.06\` | \`cpu_1 2025.06\` | \`cpu_0 2026.06\` |"`,
  );
});
