import { expect } from 'vitest';
import { COMMAND_NAMES, type CommandName } from '../../src/domain/command-table.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** Each command in the forms that take a right, with the words for who has it; none for what everybody may. */
const ASKS: Readonly<Record<CommandName, readonly [command: string, answer: string][]>> = {
  build: [
    ['bot: build arch=zen2 --force', 'builds here are started by members of stack/builders'],
    ['bot: build arch=zen2 after #9', 'builds here are started by members of stack/builders'],
  ],
  retry: [['bot: retry', 'builds here are started by members of stack/builders']],
  cancel: [['bot: cancel', 'builds here are cancelled by members of stack/builders']],
  priority: [['bot: priority', 'waiting builds are given priority here by members of stack/builders']],
  deploy: [
    ['bot: deploy', 'deploys here are asked for by members of stack/builders'],
    ['bot: deploy after #9', 'deploys here are asked for by members of stack/builders'],
    [
      'bot: deploy --despite-tests="it is only a test"',
      'deploys despite failed tests are asked for here by members of stack/builders',
    ],
  ],
  drop: [['bot: drop arch=zen2', 'deploys here are asked for by members of stack/builders']],
  rollback: [
    ['bot: rollback', 'deploys here are asked for by members of stack/builders'],
    [
      'bot: rollback confirm=software.eessi.io@1',
      'what is published is taken back here by members of stack/ingest',
    ],
  ],
  help: [],
  plan: [],
  status: [],
  log: [],
  show_config: [],
  ping: [],
};

/** All that a command could have moved. */
async function standing({ bot }: Stage) {
  const { requests, builds, deploys, waits, rollbacks } = bot.world.records;
  const asked = await requests.ofPullRequest(SOFTWARE, 1);
  const rows = await Promise.all(asked.map(({ id }) => builds.ofRequest(id)));
  return {
    builds: rows.flat().map(({ id, state, priority }) => [id, state.kind, priority]),
    deploys: (await deploys.ofPullRequest(SOFTWARE, 1)).map(({ id, state }) => [id, state.kind]),
    waits: await waits.waiting(),
    rollbacks: await rollbacks.underWay(),
  };
}

botTest(
  'every command that does something asks for its right, and without it does nothing',
  async (stage) => {
    const { github, comment, said, built, buildIs, deployPr, status, silence } = stage;
    await built('wait aarch64/neoverse_n1');
    await deployPr();
    await comment('maria', 'bot: build arch=neoverse_n1');
    await buildIs('running', 2);
    await status('since');
    const before = await standing(stage);
    let people = 0;
    for (const name of COMMAND_NAMES) {
      for (const [command, answer] of ASKS[name]) {
        people += 1;
        const nobody = `nobody-${people}`;
        github.addUser(nobody);
        await comment(nobody, command);
        expect(await said()).toBe(`@${nobody}, ${answer}. One of them can comment \`${command}\`.`);
      }
    }
    const free = COMMAND_NAMES.filter((name) => ASKS[name].length === 0);
    await comment('eve', free.map((name) => `bot: ${name}`).join('\n'));
    expect(await said()).not.toContain('@eve');
    await silence();
    expect(await standing(stage)).toEqual(before);
  },
);
