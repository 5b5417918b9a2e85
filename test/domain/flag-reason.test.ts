import { describe, expect, it } from 'vitest';
import { parseComment } from '../../src/domain/parse-command.ts';

const read = (rest: string) => {
  const { commands, mistakes } = parseComment(`bot: deploy ${rest}`);
  const [mistake] = mistakes;
  return mistake === undefined ? commands[0] : `${mistake.column}: ${mistake.message} (${mistake.hint})`;
};

describe('the reason of a flag', () => {
  it.each([
    ['--despite-tests="known to be flaky, see #7"', 'known to be flaky, see #7'],
    ["--despite-tests='it is fine' rebuild", 'it is fine'],
    ['--despite-tests=“Tests brauchen Größe”', 'Tests brauchen Größe'],
    ['--DESPITE-TESTS = "blanks"', 'blanks'],
    ['--despite-tests=flaky inst:bot', 'flaky'],
    ['--despite-tests="arch=zen2 --force bot: build"', 'arch=zen2 --force bot: build'],
  ])('%s', (rest, reason) => {
    expect(read(rest)).toMatchObject({ name: 'deploy', flags: ['--despite-tests'], reason });
  });

  it.each([
    ['--despite-tests', '13: --despite-tests takes a reason'],
    ['--despite-tests=', '28: the reason stands in quotes, which are closed'],
    ['--despite-tests="flaky', '28: the reason stands in quotes, which are closed'],
    ['--despite-tests=""', '28: the reason is empty'],
    ['--despite-tests="<img>"', '28: a reason cannot hold <'],
    ['--despite-tests="`x`"', '28: a reason cannot hold `'],
    [`--despite-tests="${'x'.repeat(201)}"`, '28: a reason is at most 200 characters long'],
  ])('%s is a mistake', (rest, message) => {
    expect(read(rest)).toBe(`${message} (write --despite-tests="why")`);
  });

  it('leaves other commands and lines alone', () => {
    expect(read('')).toMatchObject({ reason: null });
    const [mistake] = parseComment('bot: build arch=zen2 --despite-tests="x"').mistakes;
    expect(mistake?.message).toBe('there is no filter --despite-tests');
  });
});
