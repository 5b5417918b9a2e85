import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from './surroundings.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** A bot in a process of its own, as `stratobot start` runs it. */
export interface BotProcess {
  pid: number;
  /** What it printed. */
  output(): string;
  /** SIGKILL: nothing gets a chance to clean up. */
  kill(): Promise<void>;
  /** SIGTERM, as an init does. @returns the exit code */
  end(): Promise<number | null>;
}

/** Starts the bot's process and waits until it is well. */
export async function startBotProcess(around: Surroundings): Promise<BotProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', '--config', around.configFile], {
    env: { ...around.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const gone = once(child, 'exit');
  around.github.setWebhookUrl(`${around.botUrl}/api/github/webhooks`);
  await healthy(around.botUrl, child, () => output);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async end() {
      child.kill('SIGTERM');
      const [code] = await gone;
      return code as number | null;
    },
  };
}

async function healthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.status === 200) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the bot did not become well:\n${output()}`);
}
