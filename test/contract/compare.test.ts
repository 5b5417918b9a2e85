import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { directoryPublisher } from '../../src/ingest/directory-publisher.ts';
import type { Publisher, Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { type CvmfsBench, cvmfsBench } from '../harness/cvmfs-server/bench.ts';
import { silent } from '../harness/log.ts';
import { deploy, spoolInto, zen2, zen2Name } from '../harness/spooled.ts';
import type { MemberSpec } from '../harness/tarballs.ts';

// Each test starts some dozens of processes, which on a busy machine wait their turn.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let bench: CvmfsBench;
let transport: Transport;
let commands: string[];
/** Changes a command before it runs. */
let meddle: (argv: readonly string[]) => readonly string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-compare-'));
  bench = await cvmfsBench();
  commands = [];
  meddle = (argv) => argv;
  const local = localTransport();
  transport = {
    ...local,
    exec(argv, options) {
      commands.push(argv.join(' '));
      return local.exec(meddle(argv), options);
    },
  };
});
afterEach(async () => {
  await transport.close();
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const before: MemberSpec[] = [
  { path: `${zen2}/same`, content: 'as it was' },
  { path: `${zen2}/other`, content: 'as it was' },
  { path: `${zen2}/longer`, content: 'as it was' },
  { path: `${zen2}/empty`, content: '' },
  { path: `${zen2}/odd\nname \\`, content: 'odd' },
  { path: `${zen2}/link`, flag: '2', link: 'same' },
  { path: `${zen2}/moved`, flag: '2', link: 'same' },
  { path: `${zen2}/hard`, flag: '1', link: `${zen2}/same` },
  { path: `${zen2}/torn`, flag: '1', link: `${zen2}/same` },
  { path: `${zen2}/directory/file`, content: 'x' },
  { path: `${zen2}/untouched`, content: 'x' },
];
const after: MemberSpec[] = [
  { path: `${zen2}/same`, content: 'as it was' },
  { path: `${zen2}/other`, content: 'as it is.' },
  { path: `${zen2}/longer`, content: 'as it was, and more' },
  { path: `${zen2}/empty`, content: '' },
  { path: `${zen2}/odd\nname \\`, content: 'odd' },
  { path: `${zen2}/link`, flag: '2', link: 'same' },
  { path: `${zen2}/moved`, flag: '2', link: 'else' },
  { path: `${zen2}/hard`, flag: '1', link: `${zen2}/same` },
  { path: `${zen2}/torn`, flag: '1', link: `${zen2}/other` },
  { path: `${zen2}/new/file`, content: 'x' },
];
const replaced = ['longer', 'moved', 'other', 'torn'].map((name) => `${zen2}/${name}`);
const found = { added: 1, identical: 5, layers: [] };

const publishers: [string, () => Publisher][] = [
  ['directory', () => directoryPublisher({ root: join(folder, 'cvmfs'), transport, log: silent })],
  ['cvmfs', () => bench.publisher({ transport })],
];

describe.each(publishers)('what a deploy changes in a repository: %s', (_kind, open) => {
  const files = async (members: MemberSpec[]) => [
    await spoolInto(await mkdtemp(join(folder, 'spool-')), zen2Name, members),
  ];

  it('is all new where nothing was', async () => {
    const compared = await open().compare({ ...deploy(1, ...(await files(before))), rebuild: false });
    expect(compared).toEqual({
      added: 11,
      identical: 0,
      replaced: { count: 0, first: [] },
      layers: [],
      clashes: [],
    });
  });

  it('is told apart by kind, size and content, with few commands', async () => {
    await open().publish(deploy(1, ...(await files(before))));
    commands = [];
    const second = deploy(2, ...(await files(after)));
    const compared = await open().compare(second);
    expect({ ...compared, replaced: [...compared.replaced.first].sort() }).toEqual({
      ...found,
      replaced,
      clashes: [],
    });
    expect(commands.length).toBeLessThanOrEqual(4);
    const strict = await open().compare({ ...second, rebuild: false });
    expect(strict.clashes).toMatchObject([{ rule: 'overwrites', count: 4 }]);
  });

  it('is refused right before publishing, and nothing is published', async () => {
    await open().publish(deploy(1, ...(await files(before))));
    const second = { ...deploy(2, ...(await files(after))), rebuild: false };
    const refused = open().publish(second);
    await expect(refused).rejects.toThrow(Permanent);
    await expect(refused).rejects.toThrow(
      /^It does not fit what `software\.eessi\.io` has already: .* and 1 more are there already with another content\.$/,
    );
    expect((await open().compare(deploy(3, ...(await files(before))))).identical).toBe(11);
    await open().publish({ ...second, rebuild: true });
    expect((await open().compare(second)).identical).toBe(10);
  });

  it('is nothing that stands in the way of the same once more', async () => {
    const first = { ...deploy(1, ...(await files(before))), rebuild: false };
    await open().publish(first);
    await expect(open().publish({ ...first, id: 2, digest: 'digest-2' })).resolves.toMatchObject({
      files: 7,
    });
  });

  it.each([
    ['exec stat', 'mv "$1" "$1.old"; exec stat', /stat: cannot statx? .*No such file/],
    ['readlink', '', /xargs ended with 123/],
    ['sha256sum', 'rm "$1"; sha256sum', /8 of 9 paths were found/],
  ])('that is published anew in the middle of %s is compared again', async (command, instead, complaint) => {
    await open().publish(deploy(1, ...(await files(before))));
    const again = deploy(2, ...(await files(before)));
    meddle = (argv) =>
      argv[0] !== 'xargs'
        ? argv
        : argv.flatMap((word) =>
            word === command
              ? ['sh', '-c', `rm "$4"; exec ${command} "$@"`, 'sh']
              : word.replace(command, instead),
          );
    const comparing = open().compare(again);
    await expect(comparing).rejects.toThrow(
      /could not be compared with the deploy, it may have been published anew/,
    );
    await expect(comparing).rejects.toThrow(complaint);
    await expect(comparing).rejects.toBeInstanceOf(Retryable);
    meddle = (argv) => argv;
    expect((await open().compare(again)).clashes).toEqual([]);
  });

  it('that may not be read is no matter of trying again', async () => {
    await open().publish(deploy(1, ...(await files(before))));
    meddle = (argv) =>
      argv.map((word) =>
        word.replace('exec stat', 'echo "stat: cannot statx: Permission denied" >&2; exit 1'),
      );
    const comparing = open().compare(deploy(2, ...(await files(before))));
    await expect(comparing).rejects.toThrow(/Permission denied/);
    await expect(comparing).rejects.toBeInstanceOf(Permanent);
  });

  it('names files where directories are, and directories where files are, in a rebuild as well', async () => {
    await open().publish(deploy(1, ...(await files(before))));
    const clashing = [
      { path: `${zen2}/directory`, content: 'x' },
      { path: `${zen2}/same/below/it`, content: 'x' },
      { path: `${zen2}/link/below/it`, content: 'x' },
    ];
    const compared = await open().compare(deploy(2, ...(await files(clashing))));
    expect(compared.clashes).toEqual([
      { rule: 'file-over-directory', count: 1, first: [`${zen2}/directory`] },
      { rule: 'directory-over-file', count: 2, first: [`${zen2}/same`, `${zen2}/link`] },
    ]);
  });
});

it('a compatibility layer is moved aside in CernVM-FS, and merged into a directory', async () => {
  const name = 'eessi-2023.06-compat-linux-x86_64-1687955624.tar.gz';
  const layer = '2023.06/compat/linux/x86_64';
  const old = [{ path: `${layer}/lib/a`, content: 'a' }];
  const fresh = [
    { path: `${layer}/lib`, flag: '2', link: 'lib64' },
    { path: `${layer}/lib64/a`, content: 'a' },
  ];
  for (const [kind, open] of publishers) {
    const publisher = open();
    await publisher.publish(deploy(1, await spoolInto(folder, name, old)));
    const next = { ...deploy(2, await spoolInto(folder, name, fresh)), rebuild: false };
    const { layers, clashes } = await publisher.compare(next);
    expect(layers).toEqual(kind === 'cvmfs' ? [layer] : []);
    expect(clashes.map(({ rule }) => rule)).toEqual(kind === 'cvmfs' ? [] : ['file-over-directory']);
  }
});
