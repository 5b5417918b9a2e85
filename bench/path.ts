import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, play } from '../demo/story.ts';
import { silent } from '../demo/terminal.ts';
import { sshTransport } from '../src/transport/ssh.ts';
import { startBot } from '../test/harness/bot.ts';
import { silent as silentLog } from '../test/harness/log.ts';
import { type Surroundings, startSurroundings } from '../test/harness/surroundings.ts';
import { figure, type Report } from './report.ts';

const RUNS = 10;
const EXEC_TIMEOUT_MS = 10_000;

/** The demo's flow ten times on one warm bot, beside bare SSH commands (connect, `true`, close) on the same node. */
export async function path(): Promise<Report> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../demo/sample-repository');
  const around = await startSurroundings({
    repository: { fromDirectory: folder },
    nodes: 'ssh',
    store: 's3',
  });
  // One run follows the other at once, as no pull request does: GitHub's budget for writes would be what is measured.
  const bot = await startBot(around, undefined, { burst: 1000, refillMs: 250 });
  const outcomes: Outcome[] = [];
  const bare: number[] = [];
  try {
    for (let run = 0; run <= RUNS; run += 1) {
      const easystack = `easystacks/software.eessi.io/2025.06/bench-${run}.yml`;
      const outcome = await play({
        around,
        bot,
        tell: silent,
        software: { name: 'tiny-blas', version: '1.4' },
        easystack,
      });
      const exec = await bareExec(around);
      if (run === 0) continue; // warms up mirror, connections and code
      outcomes.push(outcome);
      bare.push(exec);
    }
  } finally {
    await bot.close();
    await around.close();
  }
  const peer = figure('one bare SSH exec', 'ms', bare);
  return {
    bench: 'path',
    figures: [
      peer,
      figure(
        'comment → running',
        'ms',
        outcomes.flatMap((outcome) => outcome.timings.commentToRunningMs),
        peer,
      ),
      figure(
        'job end → status',
        'ms',
        outcomes.flatMap((outcome) => outcome.timings.jobEndToStatusMs),
        peer,
      ),
      figure(
        'approval → ingest',
        'ms',
        outcomes.map((outcome) => outcome.timings.approvalToIngestMs),
        peer,
      ),
      figure(
        'GitHub requests per build',
        'requests',
        outcomes.map((outcome) => outcome.githubRequests.perBuild),
      ),
    ],
  };
}

async function bareExec({ nodes, dir }: Surroundings): Promise<number> {
  const ssh = nodes[0]?.ssh;
  if (!ssh) throw new Error('the first node is not reached by SSH');
  const privateKey = await readFile(join(dir, 'id_ed25519'));
  const start = performance.now();
  const transport = sshTransport({ ...ssh, identity: { privateKey }, log: silentLog });
  await transport.exec(['true'], { timeoutMs: EXEC_TIMEOUT_MS });
  await transport.close();
  return performance.now() - start;
}
