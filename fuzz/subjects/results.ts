/** What jobs leave: result and test files, read by their format, and now and then from a node as in production. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults } from '../../src/builders/collection.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import {
  type FileProblem,
  type JobResult,
  parseResultFile,
  parseTestFile,
} from '../../src/domain/result-file.ts';
import { quoteName } from '../../src/domain/tarball-policy.ts';
import { sentence } from '../../src/messages/markdown.ts';
import { localTransport } from '../../src/transport/local.ts';
import { harmless } from '../harmless.ts';
import type { Random } from '../random.ts';
import { promise, type Subject } from '../subject.ts';
import { longText, mutated, piece, pieces } from '../texts.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = [join(ROOT, 'test/fixtures/results'), join(ROOT, '../shared/data/results')];
const LARGEST = 1024 * 1024;
/** Every how many cases a node is asked. */
const NODE_EVERY = 100;
const INI = [
  ...[
    '[RESULT]',
    '[TEST]',
    '[result]',
    '[',
    ']',
    '[]',
    '[[RESULT]]',
    'status',
    'artefacts',
    'comment_description',
  ],
  ...[
    ' = ',
    '=',
    ':',
    'SUCCESS',
    'FAILURE',
    'UNKNOWN',
    'success',
    '\n',
    '\n  ',
    '\n\t',
    '\r',
    '%',
    '%%',
    '%(x)s',
  ],
  ...[
    '#',
    ';',
    '# ',
    '\ufeff',
    '\0',
    '[     FAIL ] (1/2) EESSI_OSU',
    '[ FAIL ] (2/3) a/../b @x',
    '${RESULT:status}',
  ],
  ...['Ran 3/3 test case(s) from 3 check(s) (1 failure(s), 0 skipped, 0 aborted)', 'Ran 9/', '<b>', '@maria'],
  ...[
    'eessi-2025.06-software-linux-x86_64-amd-zen2-17796967460.tar.zst',
    'eessi-',
    '-',
    '.tar.gz',
    '../x',
    '__proto__',
  ],
];
const iniPiece = (random: Random) => (random.once(4) ? piece(random) : random.pick(INI));

export async function results(): Promise<Subject<string>> {
  const folders = FOLDERS.filter((folder) => existsSync(folder));
  const corpus = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const directory = await mkdtemp(join(tmpdir(), 'stratobot-fuzz-'));
  await mkdir(join(directory, 'work'));
  return {
    make(random) {
      if (random.once(200)) return longText(random, random.upTo(LARGEST + 10), iniPiece);
      const kind = random.below(3);
      if (kind === 0) return `[RESULT]\n${pieces(random, 60, iniPiece)}`;
      return kind === 1 ? pieces(random, 60, iniPiece) : mutated(random.pick(corpus), random, iniPiece);
    },
    check: (text, number) =>
      number % NODE_EVERY === 0 ? fromNode(directory, text).then(check) : check([text, text]),
    show: (text) => text,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The file in the place of both, read as the bot reads a node. */
async function fromNode(directory: string, text: string): Promise<[string, string]> {
  for (const ending of ['result', 'test']) await writeFile(join(directory, `work/_bot_job7.${ending}`), text);
  const { result, test } = await readResults(localTransport(), directory, '7');
  promise(result !== null && test !== null, 'a file that is there is read');
  return [result ?? '', test ?? ''];
}

function check([result, test]: [string, string]): string {
  const read = parseResultFile(result);
  const tests = parseTestFile(test);
  if ('problem' in tests) harmless(sentence(tests.problem));
  else {
    const { passed, failed, failedTests = [] } = tests.outcome;
    promise(passed === null || passed >= 0, 'counts are numbers', passed);
    promise(failed === null || failed >= 0, 'counts are numbers', failed);
    for (const name of failedTests) promise(/^[\w.+-]{1,200}$/.test(name), 'a test has a name', name);
  }
  return 'problem' in read ? refused(read) : taken(read);
}

function refused({ problem }: FileProblem): string {
  harmless(sentence(problem));
  return 'refused';
}

function taken({ artefacts, status }: JobResult): string {
  promise(artefacts.length <= 100, 'there is an end to artifacts', artefacts.length);
  for (const file of artefacts) {
    const name = parseArtifactName(file);
    if ('problem' in name) harmless(sentence(`the artifact ${quoteName(file)} was refused: ${name.problem}`));
    else promise(/^[\w.+-]+$/.test(name.file), 'the name of an artifact is one part of a path', file);
  }
  return status;
}
