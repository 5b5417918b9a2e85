/** Logs of jobs: why one failed, and what of it is shown, with what must not be shown covered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnosis, diagnose, maskSecrets } from '../../src/domain/diagnosis.ts';
import { lastLines } from '../../src/domain/log-tail.ts';
import { codeBlock, sentence } from '../../src/messages/markdown.ts';
import { harmless } from '../harmless.ts';
import type { Random } from '../random.ts';
import { promise, type Subject } from '../subject.ts';
import { longText, mutated, piece, pieces } from '../texts.ts';

const LOGS = join(import.meta.dirname, '../../test/fixtures/logs');
const LONGEST = 256 * 1024;
const TOKEN = 'ghp_0123456789abcdefABCDEF0123456789abcd';
const PIECES = [
  ...[
    '== building and installing GROMACS/2024.4...',
    '== FAILED: Installation ended unsuccessfully',
    '\n',
    '\r\n',
    '\r',
  ],
  ...[
    'ERROR: ',
    'error: ',
    'fatal: ',
    'FATAL: ',
    'curl: (28) ',
    'No space left on device',
    'make: *** [x] Error 2',
  ],
  ...[
    '[==========] Running 3 check',
    '[     FAIL ] (1/3) EESSI_X',
    '* Reason: ',
    'Sanity check failed: ',
    '\\n',
    '"',
  ],
  ...[
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----END RSA PRIVATE KEY-----',
    'Authorization: ',
    'Bearer ',
    'token=',
    '://',
  ],
  ...[
    'https://u:',
    '@host/',
    'eyJhbGciOiJI.',
    'password="',
    'PASSWORD=',
    'secret_',
    `${TOKEN} `,
    'AKIAIOSFODNN7EXAMPLE',
  ],
  ...[
    '\u001b[31m',
    '\u001b]0;',
    '`',
    '```',
    ' '.repeat(40),
    'a'.repeat(300),
    '@everyone ',
    '<img src=x> ',
    '/cvmfs/',
  ],
];
const logPiece = (random: Random) => (random.once(4) ? piece(random) : random.pick(PIECES));

export function logs(): Subject<string> {
  const corpus = readdirSync(LOGS).map((name) => readFileSync(join(LOGS, name), 'utf8'));
  return {
    make(random) {
      if (random.once(100)) return longText(random, 1 + random.upTo(LONGEST), logPiece);
      return random.once(2) ? pieces(random, 100, logPiece) : mutated(random.pick(corpus), random, logPiece);
    },
    check,
    show: (log) => log,
  };
}

function check(log: string): string {
  const exit = { kind: 'exited' as const, code: 1 };
  const said = diagnose({ log, exit, steps: { build: 1 }, result: null, tests: null });
  if (said !== null) shown(said);
  const tail = lastLines(log, 50, true);
  promise(tail.length <= 50, 'an end of a log has 50 lines', tail.length);
  harmless(codeBlock(tail.map((line) => line.slice(0, 300)).join('\n')));
  // The word boundary in front of it is the writer's to give: a log may glue a token to what stands before.
  const alone = maskSecrets(`${log}\n${TOKEN}\n`).split('\n').at(-2);
  promise(alone !== TOKEN, 'a token on a line of its own is covered', alone);
  return said?.rule ?? 'no reason';
}

function shown({ sentence: reason, line, excerpt }: Diagnosis): void {
  promise(line === null || line >= 1, 'a line is counted from 1', line);
  promise(excerpt.length <= 30, 'an excerpt has 30 lines', excerpt.length);
  promise(!/[\n\r]/.test(reason), 'a reason is one line', reason);
  harmless(`${sentence(reason)}.`);
  harmless(codeBlock(excerpt.map((text) => text.slice(0, 500)).join('\n')));
}
