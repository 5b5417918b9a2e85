import { expect } from 'vitest';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';

const NEW = 'easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.3.0-2024a.yml';
const OLD = 'easystacks/software.eessi.io/2023.06/eessi-2023.06-eb-5.1.2-2023b.yml';
/** What the stage puts into every pull request says nothing of a stack; these tests are of those that do. */
const only = (changes: Record<string, string>) => ({ 'easystacks/tool.yml': null, ...changes });
const easystack = (...names: string[]) => `easyconfigs:\n${names.map((name) => `  - ${name}.eb\n`).join('')}`;

function twoStacks(config: ConfigDraft): void {
  config.repositories.push({
    id: 'eessi.io-2023.06-software',
    name: 'software.eessi.io',
    version: '2023.06',
  });
}

botTest('a broken easystack is answered with its line, and marked there', async (stage) => {
  const broken = 'easyconfigs:\n  - good-1.0.eb\n  - $(reboot).eb\n\t- tab.eb\n';
  await stage.openPullRequest(undefined, only({ [NEW]: broken }));
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "Nothing was started: \`easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.3.0-2024a.yml\` cannot be read. Mend this, push, and ask again.

    - \`easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.3.0-2024a.yml\`, line 4, column 1: this line is indented with a tab; YAML wants blanks."
  `);
  expect(await stage.bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
  expect(await stage.checks()).toMatchInlineSnapshot(`
    [
      "stratobot / easystacks: failure, 1 problem in 1 easystack",
    ]
  `);
  const [check] = stage.github.checkRuns('stack/software-layer');
  expect(check?.annotations).toMatchInlineSnapshot(`
    [
      {
        "annotation_level": "failure",
        "end_line": 4,
        "message": "this line is indented with a tab; YAML wants blanks.",
        "path": "easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.3.0-2024a.yml",
        "start_line": 4,
        "title": "Easystack cannot be read",
      },
    ]
  `);

  await stage.push('jo', { [NEW]: easystack('good-1.0') });
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': built');
});

botTest('a broken easystack is marked once, however often it is asked for', async (stage) => {
  await stage.openPullRequest(undefined, only({ [NEW]: 'easyconfigs: all\n' }));
  for (const _ of [1, 2]) {
    await stage.comment('maria', 'bot: build arch=zen2');
    expect(await stage.said()).toContain('line 1, column 1');
  }
  expect(await stage.checks()).toHaveLength(1);
});

botTest('the check of a broken easystack whose answer got lost is found again', async (stage) => {
  await stage.openPullRequest(undefined, only({ [NEW]: 'easyconfigs: all\n' }));
  stage.expectComplaint('a job failed and will be tried again');
  stage.github.failNext({ method: 'POST', path: /check-runs$/, drop: true, after: true });
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toContain('Nothing was started');
  expect(await stage.checks()).toHaveLength(1);
});

botTest('the status comment names the software', async (stage) => {
  await stage.openPullRequest(undefined, only({ [NEW]: easystack('tool-1.0-foss-2024a', 'other-2.1') }));
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.status(': built')).toContain(
    '<details><summary>Software: 2 added</summary>\n\n- added: `other-2.1`, `tool-1.0-foss-2024a`\n\n</details>',
  );
});

botTest(
  'without repo: it is built for the stack whose easystacks are changed',
  async (stage) => {
    await stage.openPullRequest(undefined, only({ [OLD]: easystack('tool-1.0') }));
    await stage.comment('maria', 'bot: build arch=zen2');
    expect(await stage.status(': built')).toContain('software.eessi.io 2023.06');
    const [request] = await stage.bot.world.records.requests.ofPullRequest('stack/software-layer', 1);
    const builds = await stage.bot.world.records.builds.ofRequest(request?.id ?? 0);
    expect(builds.map(({ repository }) => repository)).toEqual(['eessi.io-2023.06-software']);
  },
  { configure: twoStacks },
);

botTest(
  'for two stacks where both are changed, also by the label',
  async (stage) => {
    await stage.openPullRequest(
      undefined,
      only({ [OLD]: easystack('tool-1.0'), [NEW]: easystack('tool-1.0') }),
    );
    await stage.label('maria', 'bot:build');
    await stage.status('all 4 targets built');
  },
  { configure: twoStacks },
);

botTest(
  'a command for another stack is questioned, and carried out when it is meant',
  async (stage) => {
    await stage.openPullRequest(undefined, only({ [OLD]: easystack('tool-1.0') }));
    await stage.comment('maria', 'bot: build arch=zen2 repo:2025.06');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing was started: this pull request changes easystacks of \`software.eessi.io 2023.06\`, and the command is for \`eessi.io-2025.06-software\`. Name what it changes with \`repo:\`, or, if the other is meant, write \`bot: build arch=zen2 repo:2025.06 --force\`."`,
    );
    expect(await stage.bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
    await stage.comment('maria', 'bot: build arch=zen2 repo:2025.06 --force');
    expect(await stage.status(': built')).toContain('software.eessi.io 2025.06');
  },
  { configure: twoStacks },
);

botTest('a stack this bot does not have is questioned', async (stage) => {
  await stage.openPullRequest(undefined, only({ [OLD]: easystack('tool-1.0') }));
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was started: this pull request changes easystacks of \`software.eessi.io 2023.06\`, and the command is for \`eessi.io-2025.06-software\`. Name what it changes with \`repo:\`, or, if the other is meant, write \`bot: build arch=zen2 --force\`."`,
  );
});

botTest('an option that does not exist', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: build arch=zen2 --froce');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: there is no option \`--froce\`.
    \`\`\`
    bot: build arch=zen2 --froce
                         ^^^^^^^ did you mean --force?
    \`\`\`

    Options: \`--force\`, \`--keep-going\`. \`bot: help build\` has examples."
  `);
});

botTest('what decides how everything is built is pointed out once', async (stage) => {
  await stage.openPullRequest(undefined, { 'eb_hooks.py': 'pass\n', 'init/bash': 'true\n' });
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"⚠️ Besides easystacks, \`eb_hooks.py\` and \`init/bash\` changed, which may decide how everything is built. Look at the difference before you build."`,
  );
  await stage.status(': built');
  await stage.comment('maria', 'bot: build arch=neoverse_n1');
  await stage.status(': built');
  await stage.silence();
});

botTest(
  'a branch far behind its base is pointed out',
  async (stage) => {
    await stage.openPullRequest();
    for (const name of ['one', 'two'])
      await stage.github.pushBranch('stack/software-layer', 'main', {
        by: 'maria',
        changes: { [name]: name },
      });
    await stage.comment('maria', 'bot: build arch=zen2');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"⚠️ The branch is 2 commits behind \`main\`. What is built is the branch merged into \`main\`; to see that merge yourself, bring the branch up to date."`,
    );
    await stage.status(': built');
  },
  {
    configure(config) {
      for (const repository of config.software_repositories) Object.assign(repository, { far_behind: 1 });
    },
  },
);
