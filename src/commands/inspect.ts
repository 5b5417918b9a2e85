/** Says of a tarball on this disk what a reviewer would be told of it, and what the tarball policy makes of it. */
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Config } from '../config/config.ts';
import { parseArtifactName } from '../domain/artifact-name.ts';
import { defaultLimits, showName } from '../domain/tarball-policy.ts';
import { size } from '../messages/markdown.ts';
import { examineTarball, expectationOf } from '../tarball/examine.ts';
import { chunksOf } from '../tarball/source.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Paint, report } from './inspect-report.ts';

interface Screen {
  out(text: string): void;
  err(text: string): void;
  paint: Paint;
  /** Whether a line on `err` can be written over. */
  live: boolean;
}

/** Far larger than the default, for fewer round trips; what is read ahead is no more than this. */
const CHUNK_BYTES = 512 * 1024;
/** Smaller files are read before anybody wonders. */
const PROGRESS_FROM_BYTES = 16 * 2 ** 20;
const PROGRESS_EVERY_MS = 100;

/**
 * The verdict on one file. Without a configuration it is judged by its own name and the default limits; `repository`
 * names the repository target whose version it must have.
 */
export async function inspect(
  path: string,
  options: { config: Config | null; repository: string | null; json: boolean },
  screen: Screen,
): Promise<ExitCode> {
  const { config, repository, json } = options;
  const refuse = (found: string, remedy: string): ExitCode => {
    screen.err(`stratobot: ${found}.\n${remedy}.\n`);
    return EXIT.usage;
  };
  const shown = showName(path);
  const file = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (file instanceof Error) {
    return file.code === 'ENOENT'
      ? refuse(`there is no file ${shown}`, 'Name a tarball on this machine')
      : refuse(`${shown} cannot be read (${file.code})`, 'Name a tarball that you may read');
  }
  if (!file.isFile()) return refuse(`${shown} is not a file`, 'Name the tarball itself');
  const name = parseArtifactName(basename(path));
  if ('problem' in name) {
    return refuse(
      `${shown}: ${name.problem.replace(/\.$/, '')}`,
      'A tarball is judged by its name: give it the one it was built with',
    );
  }
  const expect = expectationOf(name);
  if (repository !== null) {
    const target = config?.repositories.find(({ id }) => id === repository);
    if (target === undefined) {
      const known = config?.repositories.map(({ id }) => id).join(', ');
      return refuse(`no repository here is ${showName(repository)}`, `The configuration has ${known}`);
    }
    expect.version = target.version;
  }
  const limits =
    config === null
      ? defaultLimits
      : { ...defaultLimits, bytes: config.limits.tarballBytes, members: config.limits.tarballMembers };

  const examined = await examineTarball(content(path, file, screen), { name, expect, limits });
  const verdict = examined.violations.length === 0 ? 'accepted' : 'refused';
  if (json) screen.out(`${JSON.stringify({ verdict, name, ...examined })}\n`);
  else screen.out(report(name, examined, screen.paint));
  return verdict === 'accepted' ? EXIT.ok : EXIT.failure;
}

/** The file's bytes; where somebody watches, with a line that says how far it is. */
async function* content(path: string, file: Stats, { live, err }: Screen): AsyncGenerator<Buffer> {
  const watched = live && file.size >= PROGRESS_FROM_BYTES;
  let bytes = 0;
  let shownAt = 0;
  try {
    for await (const chunk of chunksOf(createReadStream(path, { highWaterMark: CHUNK_BYTES }), path)) {
      bytes += chunk.length;
      if (watched && performance.now() - shownAt >= PROGRESS_EVERY_MS) {
        shownAt = performance.now();
        const percent = String(Math.floor((100 * bytes) / file.size)).padStart(3);
        err(`\r\x1b[2K${percent} %  ${size(bytes)} of ${size(file.size)}`);
      }
      yield chunk;
    }
  } finally {
    if (watched) err('\r\x1b[2K');
  }
}
