import { describe, expect, test } from 'vitest';
import { addedByEdit } from '../../src/domain/edited-comment.ts';

const added = (before: string, after: string) => {
  const { commands, mistakes } = addedByEdit(before, after);
  return [...commands, ...mistakes].map(({ source }) => source);
};

describe('what an edit adds', () => {
  test.each([
    ['a command', 'Hello', 'Hello\nbot: build arch=zen2', ['bot: build arch=zen2']],
    ['another target', 'bot: build arch=zen2', 'bot: build arch=zen3', ['bot: build arch=zen3']],
    ['what was quoted before', '> bot: ping', 'bot: ping', ['bot: ping']],
    ['a mistake', 'bot: ping', 'bot: ping\nbot: pong', ['bot: pong']],
    ['nothing but prose', 'bot: ping', 'Hello!\n\nbot: ping', []],
    ['nothing but blanks and another spelling', 'bot: build arch=zen2', ' BOT:  build arch: zen2', []],
    ['less', 'bot: ping\nbot: help', 'bot: help', []],
    ['a mistake that moved', 'bot: pong', 'Well:\n\n bot: pong', []],
  ])('%s', (_, before, after, expected) => {
    expect(added(before, after)).toEqual(expected);
  });
});
