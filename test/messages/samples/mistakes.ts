import { mistakeAt } from '../../../src/domain/command.ts';
import { COMMAND_NAMES } from '../../../src/domain/command-table.ts';
import { meantFor, parseComment } from '../../../src/domain/parse-command.ts';
import { planBuild } from '../../../src/domain/plan.ts';
import type * as mistakes from '../../../src/messages/mistakes.ts';
import { SITE } from '../../domain/catalogue.ts';
import type { Samples } from './sample.ts';

/** What is wrong with a comment, as the bot finds it: first how it is written, then what there is. */
const wrong = (comment: string) => {
  const { commands, mistakes } = meantFor(parseComment(comment), SITE);
  if (mistakes.length > 0) return mistakes;
  const plan = planBuild(commands, SITE, []);
  return plan.kind === 'mistakes' ? plan.mistakes : [];
};

/** As the parser says it of a word that it does not know. */
const unknown = (typed: string) =>
  mistakeAt(
    { line: 1, source: `bot: ${typed}` },
    { column: 6, length: typed.length },
    'unknown-command',
    `there is no command ${typed}`,
    { choices: COMMAND_NAMES },
  );
const oneLine = (text: string) => text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ');

export const samples: Samples<typeof mistakes> = {
  notUnderstood: {
    'no such target': () => [wrong('bot: build arch=zenn2'), SITE],
    'no such command': () => [wrong('bot: buidl arch=zen2'), SITE],
    'nothing near it': (o) => [[unknown(oneLine(o('frobnicate')))], SITE],
    'words that are no filters': () => [wrong('bot: build zen2 please'), SITE],
    'a value that cannot be': () => [wrong('bot: build arch=zen2;rm'), SITE],
    'two mistakes in two lines': () => [wrong('bot: biuld arch=zen2\nbot: cancel job:abc'), SITE],
    'more mistakes than are shown': () => [wrong('bot: x\n'.repeat(6)), SITE],
    'more commands than are read': () => [wrong('bot: ping\n'.repeat(21)), SITE],
    'no repository': () => [wrong('bot: build arch=all'), SITE],
  },
  almostCommands: {
    'one line': () => ['jo', [{ line: 3, command: 'bot: build arch=zen2' }]],
    'two lines': () => [
      'jo',
      [
        { line: 1, command: 'bot: build arch=zen2' },
        { line: 3, command: 'bot: status' },
      ],
    ],
  },
  leftOut: { 'one line was wrong': () => [wrong('bot: build arch=zenn2'), SITE] },
  targetsLine: { 'a site': () => [SITE] },
};
