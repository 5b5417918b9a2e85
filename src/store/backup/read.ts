import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Permanent } from '../../domain/errors.ts';
import { showName } from '../../domain/tarball-policy.ts';
import { END_OF_ROWS, fromCopyLine } from './copy-text.ts';
import { FIRST_LINE, LAST_LINE } from './write.ts';

/** What stands in a backup, in its order. */
export type BackupPart =
  | { kind: 'table'; name: string; columns: string[] }
  | { kind: 'row'; values: (string | null)[] };

const COPY = /^COPY stratobot\.([a-z_]+) \(("[a-z_0-9]+"(?:, "[a-z_0-9]+")*)\) FROM stdin;$/;

/**
 * Reads a file once to its end and says as of which migration its tables are.
 * @throws Permanent when it is no backup, or not whole
 */
export async function checkBackup(file: string): Promise<string> {
  const hash = createHash('sha256');
  let migration: string | null = null;
  let seal: string | null = null;
  for await (const line of linesOf(file)) {
    if (migration === null) {
      if (!line.startsWith(FIRST_LINE))
        throw new Permanent(`${showName(file)} is not a backup of a Stratobot`);
      migration = line.slice(FIRST_LINE.length);
    }
    if (seal !== null) throw new Permanent(`${showName(file)} goes on after its end: it was changed`);
    if (line.startsWith(LAST_LINE)) seal = line.slice(LAST_LINE.length);
    else hash.update(`${line}\n`);
  }
  if (migration === null) throw new Permanent(`${showName(file)} is empty`);
  if (seal === null) throw new Permanent(`${showName(file)} is cut off: its last line is missing`);
  if (seal !== hash.digest('hex'))
    throw new Permanent(`${showName(file)} is not as it was written: it was changed`);
  return migration;
}

/** Tables and rows of a file that checkBackup found whole; nothing in it is ever run. */
export async function* partsOf(file: string): AsyncGenerator<BackupPart> {
  let inRows = false;
  for await (const line of linesOf(file)) {
    if (inRows && line === END_OF_ROWS) inRows = false;
    else if (inRows) yield { kind: 'row', values: fromCopyLine(line) };
    else {
      const [, name, columns] = COPY.exec(line) ?? [];
      if (name === undefined || columns === undefined) continue;
      inRows = true;
      yield { kind: 'table', name, columns: columns.split(', ').map((column) => column.slice(1, -1)) };
    }
  }
}

/** Lines as the backup was written, ended by a line feed and nothing else. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
      const [first = '', ...others] = chunk.split('\n');
      rest += first;
      for (const next of others) {
        yield rest;
        rest = next;
      }
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Permanent(`${showName(file)} cannot be read (${error.code})`, { cause: error });
  }
  if (rest !== '') yield rest;
}
