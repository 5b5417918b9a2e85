/**
 * Build nodes that only say that they build, in a process of their own: `node bench/fake-nodes.ts COUNT AUTHORIZED-KEY`
 * prints where they are as JSON. Each job prints a line of LINE_BYTES a second and never ends.
 */
import { startSshNode } from '../test/harness/ssh-node.ts';

const LINE_BYTES = 80;

const started = performance.now();
const [count = '0', authorizedKey = ''] = process.argv.slice(2);

/** The words of a command that the SSH transport quoted. */
function words(command: string): string[] {
  return [...command.matchAll(/((?:'[^']*'|\\')+)(?: |$)/g)].map(([, word = '']) =>
    word.replaceAll("'\\''", '\0').replaceAll("'", '').replaceAll('\0', "'"),
  );
}

/** What observe.sh would print; nothing for any other command. */
function answer(command: string): string {
  const [, , script = '', , most = '', ...args] = words(command);
  if (!script.startsWith('# observe.sh')) return '';
  const size = Math.floor((performance.now() - started) / 1000) * LINE_BYTES;
  const looks: string[] = [];
  for (let at = 0; at + 4 <= args.length; at += 4) {
    const bytes = Math.max(0, Math.min(Number(most), size - Number(args[at + 3])));
    const chunk = Buffer.from(
      'x'
        .repeat(LINE_BYTES - 1)
        .concat('\n')
        .repeat(Math.ceil(bytes / LINE_BYTES)),
    );
    looks.push(`running ${size} ${chunk.toString('base64', 0, bytes)}\n`);
  }
  return looks.join('');
}

const nodes = await Promise.all(
  Array.from({ length: Number(count) }, () => startSshNode({ root: '/', authorizedKey, answer })),
);
process.stdout.write(
  `${JSON.stringify(nodes.map(({ host, port, user, hostKey }) => ({ host, port, user, hostKey })))}\n`,
);
