import { chmod, mkdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { type DirectoryBench, startDirectoryBench } from '../harness/directory-bench.ts';
import { deploy, module2, repository, zen2, zen2Name, zen3, zen3Name } from '../harness/spooled.ts';
import { softwareMembers } from '../harness/tarballs.ts';

let bench: DirectoryBench;
beforeEach(async () => {
  bench = await startDirectoryBench();
});
afterEach(() => bench.close());

/** A transport that dies at a command: before it ran or after; and answers nothing from then on. */
function dyingAt(command: number, when: 'before' | 'after'): Transport & { died: boolean } {
  let count = 0;
  const dying: Transport & { died: boolean } = {
    ...bench.transport,
    died: false,
    async exec(argv, options) {
      if (dying.died) throw new Retryable('dead');
      dying.died = count++ === command;
      if (dying.died && when === 'before') throw new Retryable('dead');
      const result = await bench.transport.exec(argv, options);
      if (dying.died) throw new Retryable('dead');
      return result;
    },
  };
  return dying;
}

describe('directoryPublisher', () => {
  it.each(['before', 'after'] as const)(
    'ends in exactly one revision when it died %s any of its commands',
    async (when) => {
      const first = deploy(
        1,
        await bench.spooled(zen3Name, [{ path: `${zen3}/a/`, mode: 0o555 }, ...softwareMembers(zen3)]),
      );
      const second = deploy(
        2,
        await bench.spooled(zen2Name, [{ path: `${zen2}/a/`, mode: 0o555 }, ...softwareMembers(zen2)]),
      );
      for (let command = 0; ; command++) {
        bench.root = join(bench.folder, `cvmfs-${when}-${command}`);
        await bench.publisher().publish(first);
        const dying = dyingAt(command, when);
        const outcome = await bench
          .publisher(dying)
          .publish(second)
          .catch((error) => error);
        if (!dying.died) {
          expect(command).toBeGreaterThan(15);
          break;
        }
        // Whoever looks meanwhile sees the one revision or the other, whole.
        const seen = Number((await readlink(join(bench.root, repository))).split('/').at(-1));
        expect([1, 2]).toContain(seen);
        if (seen === 2) expect(await bench.shown(module2)).toContain('GROMACS');

        expect(await bench.publisher().publish(second), `died ${when} ${command}: ${outcome}`).toMatchObject({
          revision: 2,
          files: 3,
        });
        expect(await readlink(join(bench.root, repository))).toBe(`.stratobot/${repository}/2`);
        expect(await bench.revisions()).toEqual(['1', '2']);
        expect(await bench.shown(module2)).toContain('GROMACS');
        expect(await bench.shown(`versions/${zen3}/modules/all/GROMACS/2024.4-foss-2023b.lua`)).toContain(
          'GROMACS',
        );
      }
    },
    120_000,
  );

  it('removes a half-unpacked tree with closed directories', async () => {
    const left = join(bench.area(), 'new-1', 'incoming', 'closed');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'x'), 'x');
    await chmod(left, 0o555);
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, softwareMembers(zen2))));
    expect(await bench.revisions()).toEqual(['1']);
  });
});
