import { Permanent } from '../domain/errors.ts';
import type { Commands } from './commands.ts';

/** What a revision says of itself, in `.stratobot.json`. */
type RevisionRecord = {
  revision: number;
  /** The revision it was made from; 0: none. */
  base: number;
  publishedAt: string;
} & (
  | { deploy: number; digest: string; approvedBy: readonly string[]; files: number }
  /** Taking back the revision of this deploy. */
  | { undoes: number }
);

/** The revisions of one repository, in `area`, and which of them is shown. */
export interface Revisions {
  area: string;
  /** Null before the first. */
  current(): Promise<number | null>;
  /** One more than the highest there is. */
  next(): Promise<number>;
  ofDeploy(deploy: number): Promise<{ revision: number; base: number; files: number } | null>;
  /** The revision that took a deploy back. */
  undoing(deploy: number): Promise<number | null>;
  /** Writes the record into a tree that is to become a revision. */
  record(tree: string, record: RevisionRecord): Promise<void>;
  /** Switches the symlink in one step; `owner` names the intermediate link. */
  show(revision: number, owner: string): Promise<void>;
}

const recordName = '.stratobot.json';

export function revisionsIn(run: Commands, root: string, repository: string): Revisions {
  const area = `${root}/.stratobot/${repository}`;
  const link = `${root}/${repository}`;
  const records = async () => {
    const depth = ['-mindepth', '2', '-maxdepth', '2', '-name', recordName];
    const lines = await run.quick(['find', area, ...depth, '-exec', 'cat', '{}', '+']);
    return lines.split('\n').flatMap((line) => (line === '' ? [] : readRecord(line, area)));
  };

  return {
    area,
    async current() {
      const { ok, output } = await run.ask(['readlink', link]);
      if (!ok) {
        if (!(await run.ask(['test', '-e', link])).ok) return null;
        throw new Permanent(`${link} is not a symlink: Stratobot did not make it, and does not touch it.`);
      }
      const prefix = `.stratobot/${repository}/`;
      const number = output.startsWith(prefix) ? output.slice(prefix.length) : '';
      if (!/^[1-9]\d*$/.test(number)) {
        throw new Permanent(`${link} leads to ${output}, which is no revision.`);
      }
      return Number(number);
    },
    async next() {
      const names = await run.quick(['find', area, '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\n']);
      const numbers = names.split('\n').filter((name) => /^[1-9]\d*$/.test(name));
      return Math.max(0, ...numbers.map(Number)) + 1;
    },
    async ofDeploy(deploy) {
      for (const record of await records()) {
        if (!('deploy' in record) || record.deploy !== deploy) continue;
        const { revision, base, files } = record;
        return { revision, base, files };
      }
      return null;
    },
    async undoing(deploy) {
      const found = (await records()).find((record) => 'undoes' in record && record.undoes === deploy);
      return found?.revision ?? null;
    },
    async record(tree, record) {
      // A rename, because the file that is there is shared with the revision before.
      const fresh = `${tree}/${recordName}.new`;
      await run.quick(['tee', fresh], `${JSON.stringify(record)}\n`);
      await run.quick(['mv', '-T', fresh, `${tree}/${recordName}`]);
    },
    async show(revision, owner) {
      const fresh = `${area}/link-${owner}`;
      await run.quick(['ln', '-s', '-f', '-T', `.stratobot/${repository}/${revision}`, fresh]);
      await run.quick(['mv', '-T', fresh, link]);
    },
  };
}

function readRecord(line: string, area: string): RevisionRecord {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === 'object' && record !== null && 'revision' in record)
      return record as RevisionRecord;
  } catch {
    // told below
  }
  throw new Permanent(`A revision in ${area} has a ${recordName} that cannot be read.`);
}
