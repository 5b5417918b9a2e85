/**
 * Stands in for `cvmfs_server` of CernVM-FS 2.12 where the real one cannot be installed. Started as
 * `node cvmfs_server.ts ROOT COMMAND …`; keeps real trees below ROOT, and fails the way the real one does.
 */
import { parseArgs } from 'node:util';
import { abort, check, list, publish, rollback, tag, transaction } from './commands.ts';
import { End } from './end.ts';
import { ingest } from './ingest.ts';
import { Repository } from './repository.ts';

const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

// A terminated ingest goes on to its end.
process.on('SIGTERM', () => {});

async function main(root: string, command: string, args: string[]): Promise<void> {
  switch (command) {
    case 'ingest': {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { t: { ...text, short: 't' }, b: { ...text, short: 'b' }, d: { ...many, short: 'd' } },
      });
      const tar = values.t === undefined || values.t === '-' ? null : values.t;
      const repository = new Repository(root, positionals[0] ?? '');
      return ingest(repository, { tar, base: values.b ?? '', remove: values.d ?? [] });
    }
    case 'transaction':
      return transaction(new Repository(root, args[0] ?? ''));
    case 'publish': {
      const options = { a: { ...text, short: 'a' }, m: { ...text, short: 'm' } };
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
      return publish(new Repository(root, positionals[0] ?? ''), values.a ?? null, values.m ?? '');
    }
    case 'abort': {
      const options = { f: { ...flag, short: 'f' } };
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
      return abort(new Repository(root, positionals[0] ?? ''), values.f === true);
    }
    case 'tag': {
      const options = {
        l: { ...flag, short: 'l' },
        x: { ...flag, short: 'x' },
        a: { ...text, short: 'a' },
        r: { ...text, short: 'r' },
        m: { ...text, short: 'm' },
      };
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
      const action = values.a !== undefined ? 'add' : values.r !== undefined ? 'remove' : 'list';
      const name = values.a ?? values.r ?? '';
      return tag(new Repository(root, positionals[0] ?? ''), action, name, values.m ?? '');
    }
    case 'rollback': {
      const options = { t: { ...text, short: 't' }, f: { ...flag, short: 'f' } };
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
      return rollback(new Repository(root, positionals[0] ?? ''), values.t ?? '', values.f === true);
    }
    case 'check':
      return check(new Repository(root, args.at(-1) ?? ''));
    case 'list':
      return list(root);
    default:
      throw new End(1, '', `Unrecognized command: ${command}`);
  }
}

const [root = '', command = '', ...args] = process.argv.slice(2);
try {
  await main(root, command, args);
} catch (error) {
  if (!(error instanceof End)) throw error;
  process.stdout.write(error.stdout);
  process.stderr.write(error.stderr === '' ? '' : `${error.stderr}\n`);
  process.exitCode = error.code;
}
