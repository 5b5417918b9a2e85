import { Permanent } from '../../domain/errors.ts';
import type { Transport } from '../../ports.ts';
import { type Answer, explain } from './answers.ts';

const quickTimeoutMs = 60_000;

/** One line of `cvmfs_server list`. */
export interface ListedState {
  inTransaction: boolean;
  /** A command was killed, or is at work at this moment: the text is the same. */
  unhealthy: boolean;
  whitelistExpired: boolean;
}

export interface Tag {
  name: string;
  revision: number;
  description: string;
}

/** What `cvmfs_server` says, and the one command that changes no content. */
export interface Server {
  /** Null where the server does not have the repository. */
  listed(): Promise<ListedState | null>;
  /** Null while somebody publishes. */
  tags(): Promise<Tag[] | null>;
  /** Names the head, which changes nothing of it. */
  tagHead(name: string): Promise<void>;
}

export function serverOf(transport: Transport, cvmfsServer: string, repository: string): Server {
  const ask = async (args: readonly string[]): Promise<Answer> => {
    const { code, stdout, stderr } = await transport.exec([cvmfsServer, ...args], {
      timeoutMs: quickTimeoutMs,
      maxOutputBytes: 16 * 2 ** 20,
    });
    return { code: code ?? -1, output: code === 0 ? stdout.toString('utf8') : `${stdout}${stderr}` };
  };
  const failed = (answer: Answer, what: string): Permanent => {
    const { sentence } = explain(answer, false);
    return new Permanent(`cvmfs_server ${what} failed on the Stratum 0 of ${repository}: ${sentence}.`);
  };
  return {
    async listed() {
      const answer = await ask(['list']);
      if (answer.code !== 0) throw failed(answer, 'list');
      return parseList(answer.output, repository);
    },
    async tags() {
      const answer = await ask(['tag', '-l', '-x', repository]);
      if (answer.code === 0) return parseTags(answer.output);
      if (explain(answer, false).kind === 'busy') return null;
      throw failed(answer, 'tag');
    },
    async tagHead(name) {
      const answer = await ask(['tag', '-a', name, '-m', 'before a deploy', repository]);
      if (answer.code !== 0) throw failed(answer, 'tag');
    },
  };
}

/** Lines such as `software.eessi.io (stratum0 / local - in transaction - unhealthy)`. */
export function parseList(text: string, repository: string): ListedState | null {
  for (const line of text.split('\n')) {
    const [, name, about = ''] = /^(\S+) \((.*)\)\s*$/.exec(line) ?? [];
    if (name !== repository) continue;
    return {
      inTransaction: about.includes(' - in transaction'),
      unhealthy: about.includes(' - unhealthy'),
      whitelistExpired: about.includes(' - whitelist expired'),
    };
  }
  return null;
}

/** Lines `name hash size revision unixtime (default) description`. */
export function parseTags(text: string): Tag[] {
  const tags: Tag[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\S+)\s+[0-9a-f]+\S*\s+\d+\s+(\d+)\s+\d+\s+\S+(?:\s+(.*?))?\s*$/.exec(line);
    if (match?.[1] === undefined) continue;
    tags.push({ name: match[1], revision: Number(match[2]), description: match[3] ?? '' });
  }
  return tags;
}

/** The revision of the head, which every publish and ingest tags. */
export function headOf(tags: readonly Tag[]): number {
  return Math.max(0, ...tags.map((tag) => tag.revision));
}
