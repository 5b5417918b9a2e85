import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { freePort, type Surroundings } from './surroundings.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const START_TIMEOUT_MS = 90_000;

/** Where node keeps what it compiled of the bot, so that the next process need not do it again: half of its start. */
export const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));

/** A bot in a process of its own, as `stratobot start` runs it. */
export interface BotProcess {
  pid: number;
  /** What it printed. */
  output(): string;
  /** SIGKILL: nothing gets a chance to clean up. */
  kill(): Promise<void>;
  /** SIGTERM, as an init does. @returns the exit code */
  end(): Promise<number | null>;
  /** The same without waiting, as often as it is called. */
  terminate(): void;
  /** The exit code, once there is one. */
  gone: Promise<number | null>;
}

/** Where another bot on the same database differs from the first. */
type Another = Pick<Surroundings, 'configFile' | 'env' | 'botUrl'>;

/** A bot beside the one of the surroundings: the same database, nodes and GitHub, another address; the same data folder or not. */
export async function anotherBot(
  around: Surroundings,
  data: 'its own folder' | 'the same folder' = 'its own folder',
): Promise<Another> {
  const port = await freePort();
  const config = parse(await readFile(around.configFile, 'utf8')) as { server: object };
  const configFile = join(around.dir, `stratobot-${port}.yml`);
  await writeFile(configFile, stringify({ ...config, server: { ...config.server, port } }));
  const folder = data === 'the same folder' ? {} : { STRATOBOT_DATA: join(around.dir, `data-${port}`) };
  return { configFile, env: { ...around.env, ...folder }, botUrl: `http://127.0.0.1:${port}` };
}

/**
 * Starts the bot's process and waits until it is well.
 * @param options further options of `stratobot start`
 */
export async function startBotProcess(
  around: Surroundings,
  as: Another = around,
  options: readonly string[] = [],
): Promise<BotProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', '--config', as.configFile, ...options], {
    env: { NODE_COMPILE_CACHE: COMPILED, ...as.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  around.github.setWebhookUrl(`${as.botUrl}/api/github/webhooks`);
  await healthy(as.botUrl, child, () => output);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async end() {
      child.kill('SIGTERM');
      return gone;
    },
    terminate: () => void child.kill('SIGTERM'),
    gone,
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
