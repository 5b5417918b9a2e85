import { describe, expect, it } from 'vitest';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { type Company, isAddressed, ownCommands } from '../../src/domain/speaking.ts';
import type { Catalogue } from '../../src/domain/target.ts';
import { pool, SITE } from './catalogue.ts';

/** Two instances on one repository: site-a builds for zen2 and speaks, site-b builds for n1 and for another stack too. */
const A: Catalogue = { ...SITE, instance: 'site-a', pools: [pool('zen2', 'x86_64/amd/zen2')] };
const B: Catalogue = { ...SITE, instance: 'site-b', pools: [pool('n1', 'aarch64/neoverse_n1')] };
const speaker: Company = { speaker: true, builtElsewhere: ['aarch64/neoverse_n1'] };
const other: Company = { speaker: false, builtElsewhere: ['x86_64/amd/zen2'] };

/** What of a comment an instance takes for its own, as `name arch repo for`. */
function own(body: string, catalogue: Catalogue, company: Company, tookPart = false): string[] {
  const { commands } = meantFor(parseComment(body), catalogue);
  return ownCommands(commands, catalogue, company, tookPart).map(
    ({ name, filters: { arch, repo, for: on } }) =>
      [name, ...[arch, repo, on?.arch ?? []].map((words) => words.map(({ text }) => text).join())]
        .join(' ')
        .trimEnd(),
  );
}

describe('without inst: each of several instances takes what is its own', () => {
  it.each<[body: string, a: string[], b: string[]]>([
    ['bot: build arch=zen2,n1', ['build zen2'], ['build n1']],
    ['bot: plan arch=zen2,n1', ['plan zen2'], ['plan n1']],
    ['bot: build arch=zen2', ['build zen2'], []],
    ['bot: build arch=n1', [], ['build n1']],
    ['bot: build on:arch=zen2 for:arch=n1', [], ['build   n1']],
    // What is for no target in particular is for every instance.
    ['bot: build repo:2025.06', ['build  2025.06'], ['build  2025.06']],
    ['bot: build arch=all', ['build all'], ['build all']],
    ['bot: ping', ['ping'], ['ping']],
    // Nobody builds it: the speaker says so, once.
    ['bot: build arch=zenn2', ['build zenn2'], []],
    ['bot: build arch=n1,zenn2', ['build zenn2'], ['build n1']],
    ['bot: build arch=zen2 repo:1999.01', ['build zen2 1999.01'], []],
    // One answer is enough.
    ['bot: help', ['help'], []],
    ['bot: show_config', ['show_config'], []],
    // Of an instance that has built nothing here there is nothing to repeat, stop, show or deploy.
    ['bot: retry\nbot: cancel\nbot: status', ['retry', 'cancel', 'status'], []],
    ['bot: log\nbot: deploy\nbot: priority', ['log', 'deploy', 'priority'], []],
  ])('%s', (body, a, b) => {
    expect([own(body, A, speaker), own(body, B, other)]).toEqual([a, b]);
  });

  it('one that has built something here repeats, stops, shows and deploys that', () => {
    const body = 'bot: retry\nbot: cancel\nbot: status\nbot: log\nbot: deploy';
    expect(own(body, B, other, true)).toEqual(['retry', 'cancel', 'status', 'log', 'deploy']);
    expect(own('bot: help\nbot: show_config', B, other, true)).toEqual([]);
  });
});

describe('with inst: only those that are named', () => {
  it.each<[body: string, a: string[], b: string[]]>([
    ['bot: help inst:site-b', [], ['help']],
    ['bot: retry inst:site-b', [], ['retry']],
    // It says itself that it does not build for that.
    ['bot: build arch=zen2 inst:site-b', [], ['build zen2']],
    ['bot: help inst:site-c', [], []],
    ['bot: build arch=zen2 inst:site-a\nbot: build arch=n1 inst:site-b', ['build zen2'], ['build n1']],
  ])('%s', (body, a, b) => {
    expect([own(body, A, speaker), own(body, B, other)]).toEqual([a, b]);
  });

  it.each([
    ['bot: build arch=zen2 inst:site-b', true],
    ['bot: hepl inst:site-b', true],
    ['bot: build arch=zen2', false],
    ['bot: hepl', false],
    // Of another one nothing is left, not even its mistakes.
    ['bot: hepl inst:site-a', false],
  ])('site-b, which does not speak, answers to %s: %s', (body, answers) => {
    expect(isAddressed(meantFor(parseComment(body), B))).toBe(answers);
  });
});
