/** `stratobot explain`, as it is typed. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { folder, SMALL, write } from './folder.ts';

async function run(...args: string[]) {
  let out = '';
  const exit = await runCommandLine(args, {
    env: {},
    out: (text) => {
      out += text;
    },
    err: (text) => {
      throw new Error(text);
    },
  });
  return { exit, out };
}

test('says what a comment would come to, with the example where no configuration is named', async () => {
  const { exit, out } = await run('explain', '--json', 'bot: build arch=zen2 repo:2025.06');
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toEqual({
    commands: [
      {
        name: 'build',
        builds: [
          {
            target: 'x86_64/amd/zen2',
            accelerator: null,
            repository: 'eessi.io-2025.06-software',
            pool: 'zen2',
          },
        ],
      },
    ],
    errors: [],
    ignored: [],
  });
});

test('a line that is left alone has a reason in words, and in JSON nothing else', async () => {
  const { out } = await run('explain', '--json', 'bot build zen2\n> bot: ping');
  expect(JSON.parse(out).ignored).toEqual([
    {
      line: 1,
      reason: 'it does not begin with bot:; the bot would point out, once: bot: build arch=zen2',
    },
    { line: 2, reason: 'it is a quote' },
  ]);
});

test('shows mistakes where they stand, and nothing that steers a terminal', async () => {
  const path = await write(join(await folder(), 'stratobot.yml'), SMALL);
  const { exit, out } = await run('explain', 'bot: build arch=zenn2\n> bot: ping', '--config', path);
  expect(exit).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "line 1, column 17: no target here matches zenn2
      bot: build arch=zenn2
      did you mean zen2?
    Nothing would be started.
    line 2 is not read: it is a quote
    "
  `);
  expect((await run('explain', 'bot: \u001b[31mred')).out).not.toContain('\u001b');
});

test('says what commands do, and what their author may do', async () => {
  const path = await write(join(await folder(), 'stratobot.yml'), SMALL);
  const lines = [
    'bot: build arch=zen2',
    'bot: build arch=zen2',
    'bot: plan',
    'bot: retry arch=zen2',
    'bot build',
  ];
  const comment = lines.join('\n');
  const { exit, out } = await run('explain', comment, '--by', '@eve', '--config', path);
  expect(exit).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "bot: build arch=zen2 starts 1 build
      x86_64/amd/zen2 for eessi.io-2025.06-software, in pool zen2
    bot: build arch=zen2 starts no build that is not named above
    bot: plan starts nothing, and says of 1 build how long they take and what to look at
      x86_64/amd/zen2 for eessi.io-2025.06-software, in pool zen2
    bot: retry arch=zen2 builds again what failed or was cancelled in the newest request
    line 5 is not read: it does not begin with bot:
      the bot would point out, once: bot: build
    on EESSI/software-layer, bot: build: only GitHub knows whether eve may; it is for people with the role maintain or higher
    on EESSI/software-layer, bot: plan: eve may: everyone may
    on EESSI/software-layer, bot: retry: only GitHub knows whether eve may; it is for people with the role maintain or higher
    "
  `);
});

test('knows whom the configuration does not hear', async () => {
  const denying = SMALL.replace('permissions:', 'deny: [eve]\n    permissions:');
  const path = await write(join(await folder(), 'denying.yml'), denying);
  const { exit, out } = await run('explain', 'bot: ping', '--json', '--by', 'Eve', '--config', path);
  expect(exit).toBe(1);
  expect(JSON.parse(out).rights).toMatchInlineSnapshot(`
    [
      {
        "because": "Eve may not give commands here.",
        "command": "ping",
        "may": "no",
        "repository": "EESSI/software-layer",
      },
    ]
  `);
});

test('knows the limits', async () => {
  const N1 =
    '  - { name: n1, arch: aarch64/neoverse_n1, jobs_dir: /srv/n1, nodes: [{ name: n1, local: true }] }\n';
  const path = await write(
    join(await folder(), 'limited.yml'),
    `${SMALL.replace('artifacts:', `${N1}artifacts:`)}\nlimits:\n  comment_length: 100\n  commands_per_comment: 1\n  builds_per_request: 1\n`,
  );
  const explained = async (comment: string) => run('explain', comment, '--config', path);
  expect(await explained('bot: build arch=zen2 --keep-going\nbot: ping')).toMatchInlineSnapshot(`
    {
      "exit": 1,
      "out": "line 2, column 1: a comment may hold one command, and line 2 has one more
      bot: ping
      write the rest in another comment
    Nothing would be started.
    ",
    }
  `);
  expect(await explained('bot: build arch=all --keep-going')).toMatchInlineSnapshot(`
    {
      "exit": 1,
      "out": "line 1, column 6: this comes to 2 builds, and one comment may ask for 1
      bot: build arch=all --keep-going
      name fewer targets or repositories at once, in several comments
    Nothing would be started.
    ",
    }
  `);
  expect(await explained(`bot: ping\n${'please, '.repeat(20)}`)).toMatchInlineSnapshot(`
    {
      "exit": 1,
      "out": "line 1, column 1: this comment has 170 characters, and 100 of one are read
      bot: ping
      write the commands in a comment of their own
    Nothing would be started.
    ",
    }
  `);
});
