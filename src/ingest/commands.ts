import type { Readable } from 'node:stream';
import { Permanent } from '../domain/errors.ts';
import type { ExecResult, Transport } from '../ports.ts';

/** Commands that only touch names. */
const quickTimeoutMs = 60_000;
/** Commands that touch every file of a repository or move gigabytes. */
const longTimeoutMs = 2 * 60 * 60_000;
/** One byte or one line per file or revision. */
const maxOutputBytes = 64 * 2 ** 20;

/** The commands of a publication, each of which must succeed: a code other than 0 throws Permanent. */
export interface Commands {
  quick(argv: readonly string[], stdin?: string): Promise<string>;
  long(argv: readonly string[], stdin?: Readable): Promise<string>;
  /** For commands whose failure is an answer. */
  ask(argv: readonly string[]): Promise<{ ok: boolean; output: string }>;
  /** Removes a tree, also where directories in it are read-only. */
  remove(path: string): Promise<void>;
}

export function commandsOver(transport: Transport): Commands {
  const must = (argv: readonly string[], result: ExecResult): string => {
    if (result.code === 0) return result.stdout.toString('utf8');
    const complaint = result.stderr.toString('utf8').trim().slice(-1000);
    throw new Permanent(`${argv[0]} ended with ${result.code ?? 'a signal'}: ${complaint}`);
  };
  const commands: Commands = {
    async quick(argv, stdin) {
      const input = stdin === undefined ? {} : { stdin };
      return must(argv, await transport.exec(argv, { timeoutMs: quickTimeoutMs, maxOutputBytes, ...input }));
    },
    async long(argv, stdin) {
      const input = stdin === undefined ? {} : { stdin };
      return must(argv, await transport.exec(argv, { timeoutMs: longTimeoutMs, maxOutputBytes, ...input }));
    },
    async ask(argv) {
      const { code, stdout } = await transport.exec(argv, { timeoutMs: quickTimeoutMs });
      return { ok: code === 0, output: stdout.toString('utf8').trim() };
    },
    async remove(path) {
      if (!(await commands.ask(['test', '-e', path])).ok) return;
      await commands.long(openDirectories(path));
      await commands.long(['rm', '-rf', path]);
    },
  };
  return commands;
}

/** Gives the owner all rights on directories. Not on files, which may be shared with older revisions. */
export function openDirectories(path: string): string[] {
  return ['find', path, '-type', 'd', '!', '-perm', '-u=rwx', '-exec', 'chmod', 'u+rwx', '{}', ';'];
}
