import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { directoryPublisher } from '../../src/ingest/directory-publisher.ts';
import type { Publisher, Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { silent } from '../harness/log.ts';
import {
  deploy,
  module2,
  repository,
  spoolInto,
  zen2,
  zen2Name,
  zen3,
  zen3Name,
} from '../harness/spooled.ts';
import { type MemberSpec, softwareMembers } from '../harness/tarballs.ts';

let folder: string;
let root: string;
let transport: Transport;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-publish-'));
  root = join(folder, 'cvmfs');
  transport = localTransport();
});
afterEach(async () => {
  await transport.close();
  await rm(folder, { recursive: true, force: true });
});

function publisher(over: Transport = transport): Publisher {
  return directoryPublisher({ root, transport: over, log: silent });
}

const spooled = (name: string, members: MemberSpec[]) => spoolInto(folder, name, members);

const shown = (path: string): Promise<string> => readFile(join(root, repository, path), 'utf8');
const area = (): string => join(root, '.stratobot', repository);
const revisions = async (): Promise<string[]> => (await readdir(area())).sort();

/** A transport that dies at a command: before it ran or after; and answers nothing from then on. */
function dyingAt(command: number, when: 'before' | 'after'): Transport & { died: boolean } {
  let count = 0;
  const dying: Transport & { died: boolean } = {
    ...transport,
    died: false,
    async exec(argv, options) {
      if (dying.died) throw new Retryable('dead');
      dying.died = count++ === command;
      if (dying.died && when === 'before') throw new Retryable('dead');
      const result = await transport.exec(argv, options);
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
        await spooled(zen3Name, [{ path: `${zen3}/a/`, mode: 0o555 }, ...softwareMembers(zen3)]),
      );
      const second = deploy(
        2,
        await spooled(zen2Name, [{ path: `${zen2}/a/`, mode: 0o555 }, ...softwareMembers(zen2)]),
      );
      for (let command = 0; ; command++) {
        root = join(folder, `cvmfs-${when}-${command}`);
        await publisher().publish(first);
        const dying = dyingAt(command, when);
        const outcome = await publisher(dying)
          .publish(second)
          .catch((error) => error);
        if (!dying.died) {
          expect(command).toBeGreaterThan(15);
          break;
        }
        // Whoever looks meanwhile sees the one revision or the other, whole.
        const seen = Number((await readlink(join(root, repository))).split('/').at(-1));
        expect([1, 2]).toContain(seen);
        if (seen === 2) expect(await shown(module2)).toContain('GROMACS');

        expect(await publisher().publish(second), `died ${when} ${command}: ${outcome}`).toMatchObject({
          revision: 2,
          files: 3,
        });
        expect(await readlink(join(root, repository))).toBe(`.stratobot/${repository}/2`);
        expect(await revisions()).toEqual(['1', '2']);
        expect(await shown(module2)).toContain('GROMACS');
        expect(await shown(`versions/${zen3}/modules/all/GROMACS/2024.4-foss-2023b.lua`)).toContain(
          'GROMACS',
        );
      }
    },
    120_000,
  );

  it('removes a half-unpacked tree with closed directories', async () => {
    const left = join(area(), 'new-1', 'incoming', 'closed');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'x'), 'x');
    await chmod(left, 0o555);
    await publisher().publish(deploy(1, await spooled(zen2Name, softwareMembers(zen2))));
    expect(await revisions()).toEqual(['1']);
  });
});
