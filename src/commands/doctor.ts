/** Says what would keep this bot from working, before it is needed. */
import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Config } from '../config/config.ts';
import type { Check } from './check.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** Nodes, database, queue and store, one line each, as compose.ts reaches them. */
export type CheckWorld = (config: Config) => AsyncIterable<Check>;

/** Prints each check as it is known. */
export async function doctor(
  config: Config,
  checkWorld: CheckWorld,
  out: (text: string) => void,
): Promise<ExitCode> {
  let bad = 0;
  const print = (check: Check) => {
    if (!check.ok) bad += 1;
    out(`${check.ok ? 'ok  ' : 'FAIL'}  ${check.name}: ${check.detail}\n`);
    if (!check.ok && check.remedy !== null) out(`      ${check.remedy}\n`);
  };
  for (const check of [nodeVersion(), gitVersion(), dataFolder(config.storage.dataDir)]) print(await check);
  for await (const check of checkWorld(config)) print(check);
  out(bad === 0 ? 'All is well.\n' : `${bad} ${bad === 1 ? 'check' : 'checks'} failed.\n`);
  return bad === 0 ? EXIT.ok : EXIT.failure;
}

const LEAST_NODE = 24;

export async function nodeVersion(version = process.versions.node): Promise<Check> {
  const ok = Number.parseInt(version, 10) >= LEAST_NODE;
  return { name: 'Node.js', ok, detail: version, remedy: `Stratobot needs ${LEAST_NODE} or newer` };
}

/** `git merge-tree --write-tree` came with 2.38. */
const LEAST_GIT = [2, 38] as const;
const GIT_TIMEOUT_MS = 5_000;

export async function gitVersion(command = 'git'): Promise<Check> {
  const remedy = `install git ${LEAST_GIT.join('.')} or newer`;
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { timeout: GIT_TIMEOUT_MS });
    const [, version = '', major = '0', minor = '0'] = /((\d+)\.(\d+)\S*)/.exec(stdout) ?? [];
    const ok =
      Number(major) > LEAST_GIT[0] || (Number(major) === LEAST_GIT[0] && Number(minor) >= LEAST_GIT[1]);
    return { name: 'git', ok, detail: version || stdout.trim(), remedy };
  } catch (error) {
    return { name: 'git', ok: false, detail: (error as NodeJS.ErrnoException).code ?? String(error), remedy };
  }
}

async function dataFolder(path: string): Promise<Check> {
  const name = 'data folder';
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return { name, ok: true, detail: path, remedy: null };
  } catch (error) {
    const detail = `${path} (${(error as NodeJS.ErrnoException).code})`;
    return {
      name,
      ok: false,
      detail,
      remedy: 'let the user the bot runs as write there, or set STRATOBOT_DATA',
    };
  }
}
