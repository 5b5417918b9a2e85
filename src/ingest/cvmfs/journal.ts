import { Permanent } from '../../domain/errors.ts';
import type { Commands } from '../commands.ts';

/** Written before the first change, so that whoever comes after a crash knows what to expect and where to go back to. */
export interface Journal {
  deploy: number;
  digest: string;
  /** The head's revision before anything was done. */
  revision: number;
  /** A tag of that revision: the way back. */
  tag: string;
}

export interface JournalFile {
  read(): Promise<Journal | null>;
  /** One rename, once it is on the disk. */
  write(journal: Journal): Promise<void>;
  remove(): Promise<void>;
}

export function journalIn(run: Commands, folder: string): JournalFile {
  const path = `${folder}/journal.json`;
  return {
    async read() {
      if (!(await run.ask(['test', '-e', path])).ok) return null;
      return parse(await run.quick(['cat', path]), path);
    },
    async write(journal) {
      await run.quick(['tee', `${path}.new`], `${JSON.stringify(journal)}\n`);
      await run.quick(['sync', `${path}.new`]);
      await run.quick(['mv', '-T', `${path}.new`, path]);
    },
    async remove() {
      await run.quick(['rm', '-f', path]);
    },
  };
}

function parse(text: string, path: string): Journal {
  try {
    const { deploy, digest, revision, tag } = JSON.parse(text) as Partial<Journal>;
    if (typeof deploy === 'number' && typeof revision === 'number' && digest && tag) {
      return { deploy, digest, revision, tag };
    }
  } catch {
    // told below
  }
  throw new Permanent(
    `${path} on the Stratum 0 cannot be read; look at the repository, then remove its folder.`,
  );
}

/** Name of the tag that says a deploy is published. */
export function tagName(deploy: number): string {
  return `stratobot-${deploy}`;
}

/** Whether the deploy's tag is there and is of these bytes. */
export function isTagged(tags: readonly { name: string; description: string }[], journal: Journal): boolean {
  const tag = tags.find(({ name }) => name === tagName(journal.deploy));
  return tag !== undefined && readTagText(tag.description)?.digest === journal.digest;
}

/** What the tag says of the deploy; found again when the deploy comes a second time, or is to be undone. */
export interface TagText {
  digest: string;
  files: number;
  /** The tag to go back to. */
  before: string;
}

export function writeTagText({ digest, files, before }: TagText): string {
  return `${files} files, digest ${digest}, before ${before}`;
}

export function readTagText(description: string): TagText | null {
  const match = /^(\d+) files, digest (\S+), before (\S+)$/.exec(description);
  if (match?.[2] === undefined || match[3] === undefined) return null;
  return { files: Number(match[1]), digest: match[2], before: match[3] };
}
