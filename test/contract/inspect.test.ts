import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { SECRETS, SMALL, write } from '../config/folder.ts';
import { noise } from '../harness/collecting.ts';
import { compress, type MemberSpec, softwareMembers, tar, tarEnd } from '../harness/tarballs.ts';

const good = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz';
const evil = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955625.tar.zst';
const large = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955626.tar.gz';
const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-inspect-'));
  const put = (name: string, members: MemberSpec[], end = tarEnd) =>
    writeFile(join(folder, name), compress(tar(members, end), name.endsWith('gz') ? 'gz' : 'zst'));
  await put(good, softwareMembers());
  const hostile = [
    { path: '/etc/passwd', content: 'x' },
    { path: '2023.06/init/a\x1b[2Jb', content: 'x' },
  ];
  await put(evil, [...softwareMembers(), ...hostile], Buffer.alloc(0));
  await put(large, [...softwareMembers(), { path: `${zen2}/large`, content: noise(18 * 2 ** 20) }]);
  await write(join(folder, 'stratobot.yml'), SMALL);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(args: string[], screen: { colour?: boolean; live?: boolean } = {}) {
  let out = '';
  let err = '';
  const exit = await runCommandLine(['inspect', ...args], {
    ...screen,
    env: SECRETS,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { exit, out, err: err.replaceAll(folder, '<folder>') };
}

describe('inspect', () => {
  test('shows what is in a good tarball, and accepts it', async () => {
    const { exit, out, err } = await run([join(folder, good)]);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(
      out.replace(/(sha256 +)[0-9a-f]{64}/, '$1…').replace(/size .* B,/, 'size      … B,'),
    ).toMatchInlineSnapshot(`
      "eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz
      software of 2023.06 for linux/x86_64/amd/zen2

      size      … B, unpacked 1.4 KiB
      sha256    …
      content   3 files, 3 directories, 2 links

      modules (1)
        GROMACS/2024.4-foss-2023b

      software (1)
        GROMACS/2024.4-foss-2023b

      largest files
         1.4 KiB  2023.06/software/linux/x86_64/amd/zen2/software/GROMACS/2024.4-foss-2023b/bin/gmx
            22 B  2023.06/software/linux/x86_64/amd/zen2/modules/all/GROMACS/2024.4-foss-2023b.lua
            17 B  2023.06/software/linux/x86_64/amd/zen2/reprod/GROMACS/2024.4-foss-2023b/easybuild/GROMACS.eb

      nothing outside 2023.06/software/linux/x86_64/amd/zen2

      ✓ accepted: it breaks no rule
      "
    `);
  });

  test('names the rules a bad one breaks, and shows its names without their control characters', async () => {
    const { exit, out } = await run([join(folder, evil)]);
    expect(exit).toBe(1);
    expect(out.slice(out.indexOf('2 members outside'))).toMatchInlineSnapshot(`
      "2 members outside 2023.06/software/linux/x86_64/amd/zen2
        /etc/passwd
        2023.06/init/a\\u{1b}[2Jb

      ✗ refused: nothing of it would be stored or published
        absolute   \`/etc/passwd\` is an absolute path.
        encoding   \`2023.06/init/a\\u{1b}[2Jb\` has control characters or broken UTF-8 in its name or link.
        truncated  The tarball is cut off after \`2023.06/init/a\\u{1b}[2Jb\`.
      "
    `);
    expect(out).not.toContain('\x1b');
  });

  test('prints JSON for programs', async () => {
    const { exit, out } = await run(['--json', join(folder, evil)], { colour: true });
    const found = JSON.parse(out);
    expect(exit).toBe(1);
    expect(found).toMatchObject({
      verdict: 'refused',
      name: { file: evil, cpu: 'x86_64/amd/zen2' },
      overview: { files: 5, modules: ['GROMACS/2024.4-foss-2023b'] },
      violations: [{ rule: 'absolute' }, { rule: 'encoding' }, { rule: 'truncated' }],
    });
    expect(JSON.parse((await run(['--json', join(folder, good)])).out)).toMatchObject({
      verdict: 'accepted',
      violations: [],
    });
  });

  test('colours only for a terminal, and says how far it is only where somebody watches', async () => {
    expect((await run([join(folder, good)], { colour: true })).out).toContain('\x1b[32m✓ accepted');
    const watched = await run([join(folder, large)], { live: true });
    expect(watched.exit).toBe(0);
    expect(watched.err).toMatch(/\r\x1b\[2K +\d+ % {2}[\d.]+ [KM]iB of 1[89] MiB\r/);
    expect(watched.err.endsWith('\r\x1b[2K')).toBe(true);
    expect((await run([join(folder, large)])).err).toBe('');
  });

  test('holds a tarball against the version of a repository target', async () => {
    const of = (version: string) =>
      write(join(folder, `${version}.yml`), SMALL.replace("version: '2025.06'", `version: '${version}'`));
    const repository = ['--repository', 'eessi.io-2025.06-software', join(folder, good)];
    expect((await run(['--config', await of('2023.06'), ...repository])).exit).toBe(0);
    const wrong = await run(['--config', await of('2025.06'), ...repository]);
    expect(wrong.exit).toBe(1);
    expect(wrong.out).toContain('misnamed  The name says version `2023.06`, the build was for `2025.06`.');
  });

  test('takes its limits from a configuration', async () => {
    const limited = `${SMALL}limits: { tarball_members: 3 }\n`;
    const config = await write(join(folder, 'limited.yml'), limited);
    const { exit, out } = await run(['--config', config, join(folder, good)]);
    expect(exit).toBe(1);
    expect(out).toContain('too-many  The tarball has more than 3 members.');
  });

  test.each<[string, string[], string[]]>([
    ['no file', ['nowhere.tar.gz'], ['there is no file <folder>/nowhere.tar.gz', 'Name a tarball']],
    ['a folder', ['.'], ['is not a file', 'Name the tarball itself']],
    ['another name', ['stratobot.yml'], ['An artifact name looks like', 'the one it was built with']],
    [
      'an unknown repository',
      ['--config', 'stratobot.yml', '--repository', 'x', good],
      ['no repository here is x', 'The configuration has eessi.io-2025.06-software'],
    ],
    ['a configuration that is not there', ['--config', 'none.yml', good], ['does not exist']],
  ])('ends with 2 for %s, and says what to do', async (_what, args, texts) => {
    const paths = args.map((one) => (/[.]/.test(one) && !one.startsWith('--') ? join(folder, one) : one));
    const { exit, out, err } = await run(paths);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    for (const text of texts) expect(err).toContain(text);
  });

  test('needs a file', async () => {
    expect(await run([])).toMatchObject({
      exit: 2,
      err: expect.stringContaining("missing required argument 'file'"),
    });
  });
});

describe('the program', () => {
  const program = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['src/main.ts', 'inspect', ...args], {
      cwd: join(import.meta.dirname, '../..'),
      env: {},
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  test('answers the shell with 0, 1 or 2, without any configuration', async () => {
    const accepted = await program(join(folder, good));
    expect(accepted).toMatchObject({ code: 0, stderr: '' });
    expect(accepted.stdout).toContain('✓ accepted');
    const refused = await program('--json', join(folder, evil));
    expect(refused).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'refused' });
    expect(await program(join(folder, 'none'))).toMatchObject({ code: 2, stdout: '' });
  }, 30_000);

  test('reads all of a large tarball', async () => {
    const { stdout } = await program('--json', join(folder, large));
    const { overview, bytes } = JSON.parse(stdout);
    expect(overview).toMatchObject({ files: 4, largest: [{ bytes: 18 * 2 ** 20 }, {}, {}, {}] });
    expect(bytes).toBeGreaterThan(16 * 2 ** 20);
  }, 30_000);
});
