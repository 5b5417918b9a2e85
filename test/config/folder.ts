import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigProblems } from '../../src/config/problems.ts';
import { privateKeyFlaw } from '../../src/transport/private-key.ts';

/** An App's key, made once: it takes a tenth of a second. */
export const PRIVATE_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;

export const SECRETS = {
  STRATOBOT_WEBHOOK_SECRET: 'a webhook secret of good length',
  STRATOBOT_PRIVATE_KEY: PRIVATE_KEY,
};

/** The least a configuration holds. */
export const SMALL = `instance: aws-bot
server:
  public_url: https://bot.example.org
github:
  app_id: 12345
software_repositories:
  - github: EESSI/software-layer
    staging: EESSI/staging
    permissions:
      build: { role: maintain }
      deploy: { teams: ['EESSI/builders'] }
      approve: { teams: ['EESSI/ingest'] }
repositories:
  - id: eessi.io-2025.06-software
    name: software.eessi.io
    version: '2025.06'
pools:
  - name: zen2
    arch: x86_64/amd/zen2
    jobs_dir: /srv/stratobot/jobs
    nodes:
      - { name: here, local: true }
artifacts:
  directory: { root: ./artifacts, base_url: https://artifacts.example.org/ }
publishers:
  - repository: software.eessi.io
    directory: { root: /srv/www/cvmfs }
    unsigned: accept
`;

/** A folder for one test, gone after it. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'stratobot-config-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Writes a file that only its owner can read, unless told otherwise. */
export async function write(path: string, content: string, mode = 0o600): Promise<string> {
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

/** What a person sees who starts the bot with this configuration; the folder's name is left out. */
export async function problemsOf(
  text: string,
  env: Record<string, string> = SECRETS,
  at: string | null = null,
): Promise<string> {
  const inside = at ?? (await folder());
  const path = await write(join(inside, 'stratobot.yml'), text);
  try {
    await loadConfig(path, env, privateKeyFlaw);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.message.replaceAll(`${inside}/`, '');
    throw error;
  }
  return 'no problems';
}
