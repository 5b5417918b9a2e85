import { Permanent } from '../domain/errors.ts';
import type { Commands } from './commands.ts';

/** What a revision says of itself, in `.stratobot.json`. */
interface RevisionRecord {
  revision: number;
  deploy: number;
  digest: string;
  approvedBy: string;
  publishedAt: string;
  files: number;
}

/** The revisions of one repository, in `area`, and which of them is shown. */
export interface Revisions {
  area: string;
  /** Null before the first. */
  current(): Promise<number | null>;
  /** One more than the highest there is. */
  next(): Promise<number>;
  ofDeploy(deploy: number): Promise<{ revision: number; files: number } | null>;
  /** Writes the record into a tree that is to become a revision. */
  record(tree: string, record: RevisionRecord): Promise<void>;
  /** Switches the symlink in one step; `owner` names the intermediate link. */
  show(revision: number, owner: string): Promise<void>;
}

const recordName = '.stratobot.json';

export function revisionsIn(run: Commands, root: string, repository: string): Revisions {
  const area = `${root}/.stratobot/${repository}`;
  const link = `${root}/${repository}`;

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
      const depth = ['-mindepth', '2', '-maxdepth', '2', '-name', recordName];
      const lines = await run.quick(['find', area, ...depth, '-exec', 'cat', '{}', '+']);
      for (const line of lines.split('\n')) {
        if (line === '') continue;
        const record = readRecord(line, area);
        if (record.deploy === deploy) return { revision: record.revision, files: record.files };
      }
      return null;
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
    if (typeof record === 'object' && record !== null && 'deploy' in record) return record as RevisionRecord;
  } catch {
    // told below
  }
  throw new Permanent(`A revision in ${area} has a ${recordName} that cannot be read.`);
}
