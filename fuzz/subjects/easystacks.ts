/** Easystack files: read with positions, or refused with them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEasystack } from '../../src/easystack/read.ts';
import { brokenEasystacks } from '../../src/messages/easystack.ts';
import type { Random } from '../random.ts';
import { promise, type Subject } from '../subject.ts';
import { longText, mutated, piece, pieces } from '../texts.ts';

const FILES = join(import.meta.dirname, '../../test/fixtures/easystacks');
const LONGEST = 64 * 1024;
const YAML = [
  ...[
    'easyconfigs:\n',
    '- ',
    '  - ',
    'tool-1.0.eb',
    ':\n',
    ': ',
    'options:\n',
    'from-commit: ',
    '&a ',
    '*a',
    '!!binary ',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '|',
    '>',
    '"',
    "'",
    '? ',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '<<: *a\n',
    '#',
    '\n',
    '\n  ',
    '\t',
  ],
  ...['!!python/object ', '~', 'null', 'true', '1e9', '0x1', '.inf', '=', '@', '`'],
];
const yamlPiece = (random: Random) => (random.once(5) ? piece(random) : random.pick(YAML));

export function easystacks(): Subject<string> {
  const corpus = readdirSync(FILES).map((name) => readFileSync(join(FILES, name), 'utf8'));
  return {
    make(random) {
      if (random.once(200)) return longText(random, 1 + random.upTo(LONGEST), yamlPiece);
      return random.once(3) ? pieces(random, 60, yamlPiece) : mutated(random.pick(corpus), random, yamlPiece);
    },
    check,
    show: (text) => text,
  };
}

function check(text: string): string {
  const read = readEasystack('easystacks/a.yml', text);
  const lines = text.split('\n');
  if (read.kind === 'broken') {
    promise(read.problems.length > 0, 'what is refused has a reason');
    for (const { line, column } of read.problems)
      promise(line >= 1 && column >= 1 && line <= lines.length, 'a problem has its place', [line, column]);
    promise(brokenEasystacks(read.problems).length < 65_536, 'problems fit into a comment');
    return 'refused';
  }
  for (const { name, options } of read.easyconfigs) {
    promise(/^[\w./+~=:@,-]+\.eb$/.test(name) && !name.includes('/'), 'an easyconfig is one name', name);
    for (const value of Object.values(options))
      promise(!/[\0-\x1f]/.test(value), 'a value is one line', value);
  }
  return 'read';
}
