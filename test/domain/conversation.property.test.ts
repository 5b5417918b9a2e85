import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  emptyFilters,
  type Filters,
  type Mistake,
  type NodeFilter,
  printCommand,
  type SourceLine,
  type Span,
  type Word,
} from '../../src/domain/command.ts';
import { COMMAND_NAMES, COMMANDS } from '../../src/domain/command-table.ts';
import { parseComment } from '../../src/domain/parse-command.ts';
import { planBuild } from '../../src/domain/plan.ts';
import { parseResultFile, parseTestFile } from '../../src/domain/result-file.ts';
import { SITE } from './catalogue.ts';

const PIECES = [
  ...['bot:', 'Bot: ', 'bot: build ', 'bot: cancel ', 'bot: status ', 'arch=', 'arch:', 'on:', 'for:arch='],
  ...[
    'accel=',
    'repo:',
    'inst:site',
    'export:',
    'SKIP_TESTS=yes',
    'job:',
    'zen2',
    'x86_64/amd/zen4',
    'n1',
    'all',
    '*',
  ],
  ...[
    'x86_64/*',
    'nvidia=cc80',
    'cc70+cc80',
    '2025.06',
    '2023.06',
    ',',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r\n',
    '\r',
    '\n\n',
  ],
  ...[
    '> ',
    '```',
    '~~~~',
    '`',
    '<!--',
    '-->',
    '<pre>',
    '</pre>',
    '    ',
    '- ',
    '@me ',
    '\u00a0',
    '\u200b',
    '\ufeff',
  ],
  ...['\u2028', '\0', '🙂', '\ud800', '$(id)', '"', '..', '=', ':', '+', '-', '/'],
];

/** Bodies near the grammar, and any text at all. */
const body = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `bot: build ${text}`),
);

const word = (chars: string, maxLength: number, minLength = 1): fc.Arbitrary<Word> =>
  fc
    .string({ unit: fc.constantFrom(...chars), minLength, maxLength })
    .map((text) => ({ text, column: 0, length: 0 }));
const words = (one: fc.Arbitrary<Word>, minLength = 0) => fc.array(one, { minLength, maxLength: 3 });
const arch = word('abxyz2_./*', 8).map((one) => ({ ...one, text: `z${one.text}` }));
const accel = word('nc80/', 6).map((one) => ({ ...one, text: `n${one.text}` }));
const exports = fc.uniqueArray(fc.record({ name: word('ABC_', 8), value: word('ab1=/:+@%.-', 12) }), {
  selector: (item) => item.name.text,
  maxLength: 3,
});
const node: fc.Arbitrary<NodeFilter> = fc.record({ arch: words(arch, 1), accel: words(accel) });

const everyFilter: fc.Arbitrary<Filters> = fc.record({
  arch: words(arch),
  accel: words(accel),
  on: fc.option(node),
  for: fc.option(node),
  repo: words(word('er2025.-', 12).map((one) => ({ ...one, text: `r${one.text}` }))),
  inst: words(word('abc', 6)),
  job: words(word('123', 6)),
  confirm: words(word('ab.', 6).map((one) => ({ ...one, text: `r${one.text}@42` }))),
  exports,
  after: fc.option(fc.integer({ min: 1, max: 99_999 })),
});

/** Only what the command takes, and one of the two ways to name targets. */
const command: fc.Arbitrary<Pick<Command, 'name' | 'topic' | 'flags' | 'reason' | 'filters'>> = fc
  .record({ name: fc.constantFrom(...COMMAND_NAMES), all: everyFilter, index: fc.nat(9), old: fc.boolean() })
  .map(({ name, all, index, old }) => {
    const { topics, flags, filters: taken } = COMMANDS[name];
    const filters = { ...emptyFilters(), inst: all.inst };
    if (taken.includes('repo')) filters.repo = all.repo;
    if (COMMANDS[name].waits) filters.after = all.after;
    if (taken.includes('job')) filters.job = all.job;
    if (taken.includes('export')) filters.exports = all.exports;
    if (taken.includes('arch') && (old || !taken.includes('on'))) {
      filters.arch = all.arch;
      filters.accel = all.accel;
    } else if (taken.includes('on')) {
      filters.on = all.on;
      filters.for = all.for;
    }
    const given = flags.slice(0, index);
    const reason = given.includes('--despite-tests') ? "they're flaky: a, b (#7)" : null;
    return { name, topic: topics[index] ?? null, flags: given, reason, filters };
  });

function everyWord({ arch, accel, repo, inst, job, exports, ...filters }: Filters): Word[] {
  const nodes = [filters.on, filters.for].flatMap((one) => (one === null ? [] : [...one.arch, ...one.accel]));
  const pairs = exports.flatMap(({ name, value }) => [name, value]);
  return [...arch, ...accel, ...nodes, ...repo, ...inst, ...job, ...pairs];
}

/** The filters without where they were typed. */
function bare(filters: Filters): unknown {
  return JSON.parse(
    JSON.stringify(filters, (key, value) => (key === 'column' || key === 'length' ? undefined : value)),
  );
}

function expectInside(text: string, place: SourceLine & Span): void {
  const lines = text.split(/\r\n|\n|\r/);
  const raw = lines[place.line - 1];
  expect(raw).toBeDefined();
  expect(place.source.length).toBeLessThanOrEqual(raw?.length ?? 0);
  expect(place.column).toBeGreaterThanOrEqual(1);
  expect(place.length).toBeGreaterThanOrEqual(1);
  expect(place.column - 1 + place.length).toBeLessThanOrEqual(place.source.length);
}

describe('whatever people write', () => {
  it('is read, with every position inside the line, and planned', () => {
    fc.assert(
      fc.property(body, (text) => {
        const parsed = parseComment(text);
        const plan = planBuild(
          parsed.commands.filter((one) => one.name === 'build'),
          SITE,
        );
        const mistakes: Mistake[] = plan.kind === 'mistakes' ? plan.mistakes : [];
        for (const mistake of [...parsed.mistakes, ...mistakes]) expectInside(text, mistake);
        for (const one of parsed.commands) {
          expectInside(text, one);
          for (const typed of everyWord(one.filters)) {
            expectInside(text, { ...one, ...typed });
            expect(typed.text).toMatch(/^[A-Za-z0-9_./:+=@%*-]+$/);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is read on the same line once it is printed', () => {
    fc.assert(
      fc.property(command, (one) => {
        const parsed = parseComment(printCommand(one));
        expect(parsed.mistakes).toEqual([]);
        expect(parsed.commands).toHaveLength(1);
        const [again] = parsed.commands;
        expect(again).toMatchObject({
          name: one.name,
          topic: one.topic,
          flags: one.flags,
          reason: one.reason,
        });
        expect(again && bare(again.filters)).toEqual(bare(one.filters));
      }),
      { numRuns: 1000 },
    );
  });

  it('plans only what the catalogue holds, each build once', () => {
    const name = fc.constantFrom(
      'zen2',
      'n1',
      'zen*',
      'all',
      'generic',
      'x86_64/*',
      'avx512',
      'zen3',
      'icelake',
    );
    const some = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join(','));
    const extra = fc.constantFrom('', ' accel=cc80', ' accel=cc70+cc80', ' accel=nvidia/*');
    const repo = fc.constantFrom('', ' repo:2025.06', ' repo:all', ' repo:2023.06');
    const set = fc.constantFrom('', ' export:SKIP_TESTS=yes');
    const line = fc
      .oneof(
        fc.tuple(some, extra).map(([names, accelerator]) => `arch=${names}${accelerator}`),
        fc.tuple(name, some).map(([on, names]) => `on:arch=${on} for:arch=${names}`),
      )
      .chain((targets) => fc.tuple(repo, set).map((rest) => `bot: build ${targets}${rest.join('')}`));
    let planned = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
        const plan = planBuild(parseComment(lines.join('\n')).commands, SITE);
        if (plan.kind !== 'builds') return;
        planned += plan.builds.length;
        for (const build of plan.builds) {
          expect(build.pools).not.toEqual([]);
          for (const name of build.pools) {
            const offer = SITE.pools.find((pool) => pool.name === name);
            expect(offer?.buildsFor).toContain(build.target.cpu);
            expect(offer?.repositories).toContain(build.repository);
            for (const one of build.target.accelerator?.split('+') ?? [])
              expect(offer?.accelerators).toContain(one);
          }
          expect(SITE.exportable).toEqual(expect.arrayContaining(Object.keys(build.exports)));
        }
        const keys = plan.builds.map((build) => JSON.stringify([build.target, build.repository]));
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 1000 },
    );
    expect(planned).toBeGreaterThan(0);
  });
});

describe('whatever a job leaves', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '[RESULT]',
      '[TEST]',
      'status = SUCCESS',
      'status:',
      'artefacts =',
      '\n',
      '\n  ',
      '%',
      '=',
      '[',
      ']',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );

  it('is read or refused, never an exception', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        (text) => {
          const result = parseResultFile(text);
          if (!('problem' in result)) {
            for (const name of result.artefacts) expect(name).toMatch(/^[^\n]+$/);
          }
          const tests = parseTestFile(text);
          expect('problem' in tests || tests.outcome.passed === null || tests.outcome.passed >= 0).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
