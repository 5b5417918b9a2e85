/** What jobs leave: result and test files, read by their format, and now and then from a node as in production. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lexer, type Token } from 'marked';
import { readResults } from '../../src/builders/collection.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { readReport } from '../../src/domain/job-report.ts';
import {
  type FileProblem,
  type JobResult,
  parseResultFile,
  parseTestFile,
} from '../../src/domain/result-file.ts';
import { quoteName } from '../../src/domain/tarball-policy.ts';
import { jobReport } from '../../src/messages/job-report.ts';
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
const HTML = [
  ...['<details>', '</details>', '<summary>', '</summary>', '<dl>', '<dt>', '</dt>', '<dd>', '</dd>', '<ul>'],
  ...[
    '<li>',
    '<pre>',
    '</pre>',
    '<code>',
    '</code>',
    '<br/>',
    '<br',
    '<p>',
    '<em>',
    '<b>',
    '</em>',
    '<script>',
  ],
  ...[
    '&lt;',
    '&#64;',
    '&#x60;',
    '&#10;',
    '&amp;',
    ':x:',
    '_a/b_',
    '_(click',
    '<a href=x>',
    '1.',
    '- ',
    '---',
    '* * *',
  ],
];
const htmlPiece = (random: Random) => (random.once(3) ? piece(random) : random.pick(HTML));
const iniPiece = (random: Random) => (random.once(4) ? piece(random) : random.pick(INI));

/** As the description of a good build, one line of its file. */
function described(html: string): string {
  return `[RESULT]\nstatus = SUCCESS\ncomment_description = ${html.replaceAll(/[\r\n]/g, ' ')}\n`;
}

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
      const kind = random.below(4);
      if (kind === 3) return described(pieces(random, 80, htmlPiece));
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
    told(tests.description);
    const { passed, failed, failedTests = [] } = tests.outcome;
    promise(passed === null || passed >= 0, 'counts are numbers', passed);
    promise(failed === null || failed >= 0, 'counts are numbers', failed);
    for (const name of failedTests) promise(/^[\w.+-]{1,200}$/.test(name), 'a test has a name', name);
  }
  return 'problem' in read ? refused(read) : taken(read);
}

/** What is shown of a description is a list of ours with a line for each of its lines, and nothing else. */
function told(description: string): void {
  const report = readReport(description);
  if (report === null) return;
  const [shown = ''] = jobReport({ state: { kind: 'failed', ...REST, report: { build: report } } });
  const list = shown.slice(shown.indexOf('\n\n') + 2, shown.lastIndexOf('\n\n'));
  const items = report.lines.length + (report.more > 0 ? 1 : 0);
  promise(list.split('\n').length === items, 'a line of a report is one line', list);
  promise(itemsOf(lexer(list)) === items, 'a line of a report is one item', list);
  harmless(list, [], ['list', 'list_item', 'strong']);
}

const REST = {
  startedAt: 0,
  endedAt: 1,
  handle: null,
  failure: plainFailure('build', 'build-failed', 'it failed'),
};

function itemsOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, token) => {
    if (token.type === 'list') return sum + itemsOf(token.items);
    return sum + (token.type === 'list_item' ? 1 : 0) + ('tokens' in token ? itemsOf(token.tokens ?? []) : 0);
  }, 0);
}

function refused({ problem }: FileProblem): string {
  harmless(sentence(problem));
  return 'refused';
}

function taken({ artefacts, status, description }: JobResult): string {
  told(description);
  promise(artefacts.length <= 100, 'there is an end to artifacts', artefacts.length);
  for (const file of artefacts) {
    const name = parseArtifactName(file);
    if ('problem' in name) harmless(sentence(`the artifact ${quoteName(file)} was refused: ${name.problem}`));
    else promise(/^[\w.+-]+$/.test(name.file), 'the name of an artifact is one part of a path', file);
  }
  return status;
}
