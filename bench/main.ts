import { builders } from './builders.ts';
import { path } from './path.ts';
import { placement } from './placement.ts';
import { printTable, type Report } from './report.ts';
import { tarball } from './tarball.ts';
import { transport } from './transport.ts';
import { webhooks } from './webhooks.ts';

/** Benchmarks by name; each compares with a limit or a peer that is measured in the same run. */
const BENCHES: Record<string, { about: string; run: () => Promise<Report> }> = {
  builders: {
    about:
      'comment to process, its end to the comment, and a bot that follows 1,000 builds, beside `ssh node true`',
    run: builders,
  },
  path: {
    about: 'the whole way, ten times on one warm bot, beside one bare SSH exec on the same node',
    run: path,
  },
  placement: {
    about: 'a simulated week of builds on pools that break, beside first come first served on the same trace',
    run: placement,
  },
  tarball: {
    about: 'one collection of a tarball of 26,000 files, beside nothing but decompressing or hashing it',
    run: tarball,
  },
  transport: {
    about: 'a file of 300 MB streamed from a real OpenSSH, beside `ssh host cat` from the same server',
    run: transport,
  },
  webhooks: {
    about:
      'webhooks taken in, each a row on the disk before its answer, beside plain INSERTs of the same bodies',
    run: webhooks,
  },
};

const name = process.argv[2];
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
  const names = Object.entries(BENCHES).map(([key, { about }]) => `  ${key.padEnd(10)} ${about}`);
  const unknown = name === undefined || name === '--help' ? '' : `there is no bench named ${name}\n\n`;
  process.stderr.write(`${unknown}npm run bench -- NAME\n\n${names.join('\n')}\n`);
  process.exit(name === '--help' ? 0 : 2);
}
const report = await bench.run();
printTable(report, process.stdout);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
