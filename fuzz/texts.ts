/** Texts as nobody means them: characters, pieces and changes that have broken readers of text before. */
import { COMMAND_NAMES } from '../src/domain/command-table.ts';
import type { Random } from './random.ts';

/** Characters that are not what they look like, or that end, hide, join or turn what stands beside them. */
const ODD = [
  ...['\0', '\u0001', '\u001b[31m', '\u001b]8;;x\u0007', '\u007f', '\u0085', '\u00a0', '\u00ad', '\u034f'],
  ...['\u200b', '\u200d', '\u200e', '\u202e', '\u2028', '\u2029', '\u2060', '\u2066', '\u3000', '\ufeff'],
  ...['\ufff0', '\ufffd', '\uffff', '\ud800', '\udc00', '\ud83d', '\u{e0041}', '\u{10ffff}', 'é', 'e\u0301'],
  ...[
    'İ',
    'ß',
    'ſ',
    'K',
    'ﬀ',
    'ω',
    'ب',
    'א',
    '中',
    'ｂｏｔ：',
    '🙂',
    '👩‍👩‍👧',
    '🇨🇭',
    '’',
    '“',
    '；',
    '，',
    '٣',
    '½',
  ],
];
const MARKS = [...'`~*_#>|\\[]()<>!&@$^%+-=:;,./?"\'{} \t\n\r'];
const MARKUP = [
  ...['\n', '\n\n', '\r\n', '\r', '    ', '\t', '> ', '- ', '1. ', '- [ ] ', '```', '````', '~~~', '`', '``'],
  ...[
    '<!--',
    '-->',
    '<!-->',
    '<pre>',
    '</pre>',
    '<details>',
    '</details>',
    '<summary>',
    '<img src=x onerror=y>',
  ],
  ...['<script>', '<a href="javascript:x">', '&lt;', '&#64;', '&commat;', '![x](https://evil.example/x.png)'],
  ...[
    '[x](https://evil.example)',
    '[x]: https://evil.example\n',
    '<https://evil.example>',
    'https://evil.example',
  ],
  ...[
    'www.evil.example',
    '@everyone',
    '@stack/ingest',
    '@maria',
    '#1',
    'stack/staging#1',
    'GH-1',
    '\\',
    '|',
    '---',
  ],
  ...[
    '|-|-|\n',
    '$$x$$',
    '```math\n',
    '[^1]',
    ':rocket:',
    '**',
    '__',
    '~~',
    '# ',
    '===\n',
    '***\n',
    '</code>',
  ],
];
/** Words of our own grammars. */
const WORDS = [
  ...[
    'bot:',
    'bot: ',
    'Bot:',
    'BOT : ',
    '@stratobot ',
    '@stratobot[bot] bot: ',
    'bot build ',
    'please bot: ',
  ],
  ...COMMAND_NAMES,
  ...['all', 'last_build', 'rebuild', '--force', '--keep-going', '--despite-tests=', 'after #', '"'],
  ...[
    'arch=',
    'arch:',
    'accel=',
    'on:arch=',
    'for:arch=',
    'repo:',
    'inst:',
    'inst:site-a',
    'export:',
    'job:',
  ],
  ...[
    'confirm:software.eessi.io@',
    'SKIP_TESTS=yes',
    'LD_PRELOAD=x',
    'zen2',
    'zen',
    'x86_64/*',
    'x86_64/amd/zen4',
  ],
  ...[
    'n1',
    '*',
    'generic',
    'nvidia/cc80',
    'cc70+cc80',
    '2025.06',
    'eessi.io-2025.06-software',
    'constructor',
  ],
  ...[
    '__proto__',
    'toString',
    '../..',
    '$(id)',
    '${IFS}',
    '0',
    '1',
    '-1',
    '99999999999999999999',
    '1e9',
    'NaN',
  ],
];

/** One piece of anything. */
export function piece(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return random.pick(ODD);
    case 1:
      return random.pick(MARKS);
    case 2:
      return random.pick(MARKUP);
    case 3:
      return character(random);
    default:
      return random.pick(WORDS) + (random.once(3) ? '' : ' ');
  }
}

/** Any UTF-16 unit or any character, printable ones most of the time. */
export function character(random: Random): string {
  if (!random.once(4)) return String.fromCharCode(32 + random.below(95));
  return random.once(2)
    ? String.fromCharCode(random.below(0x10000))
    : String.fromCodePoint(random.below(0x110000));
}

export function pieces(random: Random, most: number, one: (random: Random) => string = piece): string {
  let text = '';
  for (let left = random.upTo(most); left > 0; left -= 1) text += one(random);
  return text;
}

/** A piece, or two in turn, again and again: what a reader may look at once more for each that came before. */
export function longText(random: Random, length: number, one: (random: Random) => string = piece): string {
  const begin = random.once(2) ? one(random) : '';
  const unit = one(random) + (random.once(2) ? one(random) : '') || 'x';
  const end = random.once(2) ? one(random) : '';
  return (begin + unit.repeat(Math.ceil(length / unit.length))).slice(0, length - end.length) + end;
}

/** A few small changes to a text that means something. */
export function mutated(text: string, random: Random, one: (random: Random) => string = piece): string {
  let changed = text;
  for (let left = 1 + random.below(4); left > 0; left -= 1) changed = change(changed, random, one);
  return changed;
}

function change(text: string, random: Random, one: (random: Random) => string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.upTo(16));
  const [before, part, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  switch (random.below(8)) {
    case 0:
      return before + one(random) + part + after;
    case 1:
      return before + after;
    case 2:
      return before + one(random) + after;
    case 3:
      return before + part + part + after;
    case 4:
      return before + part.toUpperCase() + after;
    case 5:
      return before + [...part].reverse().join('') + after;
    case 6:
      return after + before;
    default:
      return before + part.repeat(1 + random.upTo(200)) + after;
  }
}
