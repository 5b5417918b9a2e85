import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Build } from '../src/domain/build.ts';
import { shortCpu } from '../src/domain/target.ts';
import { startBot } from '../test/harness/bot.ts';
import { SOFTWARE, STAGING, type Surroundings, startSurroundings } from '../test/harness/surroundings.ts';
import { type Outcome, play } from './story.ts';
import { readable, silent, teller } from './terminal.ts';

const USAGE = `npm run demo -- [--exit] [--json] [--comments FILE]

  a pull request, from a comment to a published revision, through the real bot

  --exit            end when the story is told, instead of staying up until Ctrl-C
  --json            print nothing but one line of JSON at the end (with --exit)
  --comments FILE   write every comment of both pull requests to FILE, as Markdown
`;

const EASYSTACK = 'easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.1.2-2025b.yml';

function readOptions() {
  try {
    return parseArgs({
      options: {
        exit: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        comments: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = readOptions();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const tell = options.json ? silent : teller(process.stdout);
const folder = join(dirname(fileURLToPath(import.meta.url)), 'sample-repository');
if (!options.json) {
  process.stdout.write(
    `stratobot demo   a pull request, from a comment to a published revision${options.exit ? '' : '            Ctrl-C ends it'}\n`,
  );
}

const around = await startSurroundings({ repository: { fromDirectory: folder }, nodes: 'ssh', store: 's3' });
const bot = await startBot(around, (build) => tellMove(build));
let outcome: Outcome | null = null;
try {
  outcome = await play({
    around,
    bot,
    tell,
    software: { name: 'tiny-blas', version: '1.4' },
    easystack: EASYSTACK,
  });
  if (options.comments) await writeFile(options.comments, comments(around));
  tell.block('The status comment on the pull request', readable(outcome.statusComment));
  tell.block('Where to look', places(around, bot.url, outcome));
  if (!options.exit) await ended();
} finally {
  await bot.close();
  await around.close();
}
if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);

function tellMove(build: Build): void {
  const who = shortCpu(build.target.cpu);
  if (build.state.kind === 'running') tell.line(who, `running on ${build.state.handle.node}`);
  if (build.state.kind === 'failed') tell.line(who, `failed: ${build.state.failure.sentence}`, 'bad');
}

function comments({ github }: Surroundings): string {
  const parts: string[] = [];
  for (const repo of [SOFTWARE, STAGING]) {
    const pull = github.pullRequest(repo, 1);
    parts.push(`# ${repo}#1 ${pull.title}\n\n${pull.body ?? ''}`);
    for (const comment of github.comments(repo, 1))
      parts.push(`---\n**${comment.author}** wrote:\n\n${comment.body}`);
  }
  return `${parts.join('\n\n')}\n`;
}

function places(
  { github, publishRoot, dir, s3 }: Surroundings,
  url: string,
  { publication }: Outcome,
): string {
  return [
    `the bot          ${url}`,
    `GitHub (double)  ${github.url}/repos/${SOFTWARE}/issues/1/comments`,
    `a live log       ${url}/builds/1/log`,
    `artifacts        ${s3?.endpoint}/${s3?.bucket}`,
    `published tree   ${publication?.path ?? publishRoot}`,
    `everything else  ${dir}`,
  ].join('\n');
}

/** Until Ctrl-C, or whoever started us ends us. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
