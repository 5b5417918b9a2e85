import { describe, expect, it } from 'vitest';
import { parseComment } from '../../src/domain/parse-command.ts';
import { selectBuilds } from '../../src/domain/select-builds.ts';

describe('selecting builds to cancel', () => {
  const running = [
    { id: 1, cpu: 'x86_64/amd/zen2', accelerator: null },
    { id: 2, cpu: 'x86_64/amd/zen2', accelerator: 'nvidia/cc80' },
    { id: 3, cpu: 'aarch64/neoverse_n1', accelerator: null },
  ].map(({ id, cpu, accelerator }) => ({
    id,
    target: { os: 'linux' as const, cpu, accelerator },
    repository: 'eessi.io-2025.06-software',
  }));

  function select(filters: string) {
    const [command] = parseComment(`bot: cancel ${filters}`).commands;
    if (command === undefined) throw new Error(filters);
    const selection = selectBuilds(command, running);
    return selection.kind === 'selected'
      ? selection.builds.map((build) => build.id)
      : selection.mistakes.map((mistake) => [mistake.code, mistake.column]);
  }

  it.each([
    ['', [1, 2, 3]],
    ['inst:anything', [1, 2, 3]],
    ['arch=zen2', [1, 2]],
    ['arch=zen2 accel=cc80', [2]],
    ['arch=*', [1, 2, 3]],
    ['repo:2025.06 arch=n1', [3]],
    ['job:1,3', [1, 3]],
    ['job:1 arch=n1', []],
    ['arch=zen3', [['unknown-target', 18]]],
    ['arch=x86_64', [['ambiguous-target', 18]]],
    ['job:4', [['unknown-job', 17]]],
  ])('cancel %s: %j', (filters, expected) => {
    expect(select(filters)).toEqual(expected);
  });
});
