/** `bot: build … --keep-going`: what is right is built, what is wrong is answered. */
import { expect, test } from 'vitest';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { planBuild } from '../../src/domain/plan.ts';
import { targetName } from '../../src/domain/target.ts';
import { SITE } from './catalogue.ts';

function planned(body: string): { builds: string[]; wrong: string[] } {
  const { commands, mistakes, keepGoing } = meantFor(parseComment(body), SITE);
  const plan = planBuild(commands, SITE, [], keepGoing);
  return {
    builds: plan.kind === 'builds' ? plan.builds.map(({ target }) => targetName(target)) : [],
    wrong: [
      ...mistakes,
      ...(plan.kind === 'mistakes' ? plan.mistakes : plan.kind === 'builds' ? plan.left : []),
    ].map(({ code }) => code),
  };
}

test.each([
  ['arch=zen2,zenn4 --keep-going', ['x86_64/amd/zen2'], ['unknown-target']],
  ['arch=zen2,zenn4', [], ['unknown-target']],
  ['arch=zenn2,zenn4 --keep-going', [], ['unknown-target', 'unknown-target']],
  ['arch=zen2 repo:2025.06,2024.06 --keep-going', ['x86_64/amd/zen2'], ['unknown-repository']],
  ['arch=zen2 export:PATH=/evil --keep-going', [], ['not-exportable']],
  ['arch=zen2 accel=cc99 --keep-going', [], ['unknown-accelerator']],
  ['arch=n1 --keep-going\nbot: build arch=zenn2', ['aarch64/neoverse_n1'], ['unknown-target']],
  ['arch=n1\nbot: build arhc=zen2 --keep-going', ['aarch64/neoverse_n1'], ['unknown-filter']],
  [
    'arch=n1,v1 --keep-going\nbot: build arch=n1 export:SKIP_TESTS=yes',
    ['aarch64/neoverse_v1'],
    ['contradiction'],
  ],
])('bot: build %s', (words, builds, wrong) => {
  expect(planned(`bot: build ${words}`)).toEqual({ builds, wrong });
});

test.each([
  ['bot: build arch=zen2 --keep-going', true],
  ['bot: plan --KEEP-GOING', true],
  ['bot: build arch=zen2', false],
  ['bot: build arch=zen2 --keep-going inst:azure', false],
  ['bot: status --keep-going', false],
  ['bot: build arch=zen2 --keep-going-on', false],
  [`bot: build arch=zen2 --keep-going${'\nbot: ping'.repeat(20)}`, false],
])('%s asks to keep going: %s', (body, expected) => {
  expect(meantFor(parseComment(body), SITE).keepGoing).toBe(expected);
});
