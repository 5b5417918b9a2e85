/** Secrets: from the environment, or from a file the environment names. Never from the configuration file. */
import { createPrivateKey } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Path } from './document.ts';
import type { Problem } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Secrets {
  webhookSecret: string;
  /** PEM. */
  privateKey: string;
  databaseUrl: string | null;
  redisUrl: string | null;
  /** Opens every SSH key that is locked and has no passphrase of its own. */
  sshPassphrase: string | null;
  /** Absolute path of the key that signs artifacts; null: they are not signed. `ssh-keygen` reads it, the bot only looks. */
  signingKeyFile: string | null;
  /** Null when artifacts are not in S3. */
  s3: { accessKeyId: string; secretAccessKey: string } | null;
}

/** Keys that people write into the file although they are secrets, and the variable each belongs in. */
const MISPLACED: Record<string, string> = {
  webhook_secret: 'STRATOBOT_WEBHOOK_SECRET',
  secret: 'STRATOBOT_WEBHOOK_SECRET',
  private_key: 'STRATOBOT_PRIVATE_KEY',
  private_key_file: 'STRATOBOT_PRIVATE_KEY',
  private_key_path: 'STRATOBOT_PRIVATE_KEY',
  access_key_id: 'STRATOBOT_S3_ACCESS_KEY_ID',
  access_key: 'STRATOBOT_S3_ACCESS_KEY_ID',
  secret_access_key: 'STRATOBOT_S3_SECRET_ACCESS_KEY',
  secret_key: 'STRATOBOT_S3_SECRET_ACCESS_KEY',
  database_url: 'DATABASE_URL',
  redis_url: 'REDIS_URL',
  signing_key: 'STRATOBOT_SIGNING_KEY_FILE',
  signing_key_file: 'STRATOBOT_SIGNING_KEY_FILE',
  passphrase: 'STRATOBOT_SSH_PASSPHRASE',
  key_passphrase: 'STRATOBOT_SSH_PASSPHRASE',
};

/** The variable that a key of the file belongs in, or null when it is no secret. */
export function secretFor(key: string, path: Path): string | null {
  const name = key.toLowerCase().replaceAll('-', '_');
  if (name === 'secret' && path.includes('s3')) return 'STRATOBOT_S3_SECRET_ACCESS_KEY';
  return Object.hasOwn(MISPLACED, name) ? (MISPLACED[name] ?? null) : null;
}

/** Reads every secret; a problem is added for each that is missing, weak or open to others. */
export async function readSecrets(
  env: Environment,
  needs: { s3: boolean; keyFlaw: KeyFlaw | undefined },
  problems: Problem[],
): Promise<Secrets> {
  const required = async (name: string, what: string): Promise<string> => {
    const before = problems.length;
    const value = await readSecret(env, name, problems);
    if (value === null && problems.length === before) {
      problems.push(
        inEnvironment(name, 'is not set', `set it, or \`${name}_FILE\` to the path of a file, to ${what}`),
      );
    }
    return value ?? '';
  };
  const webhookSecret = await required('STRATOBOT_WEBHOOK_SECRET', 'the webhook secret of the GitHub App');
  if (webhookSecret !== '') problems.push(...weakWebhookSecret(webhookSecret));
  const privateKey = unfolded(
    await required('STRATOBOT_PRIVATE_KEY', 'the private key (PEM) of the GitHub App'),
  );
  if (privateKey !== '') problems.push(...badPrivateKey(privateKey));
  const databaseUrl = await readSecret(env, 'DATABASE_URL', problems);
  if (databaseUrl !== null && !/^postgres(ql)?:\/\/./.test(databaseUrl)) {
    problems.push(
      inEnvironment('DATABASE_URL', 'is no address of a PostgreSQL', 'for example `postgres://host/name`'),
    );
  }
  const redisUrl = await readSecret(env, 'REDIS_URL', problems);
  if (redisUrl !== null && !/^rediss?:\/\/./.test(redisUrl)) {
    problems.push(inEnvironment('REDIS_URL', 'is no address of a Redis', 'for example `redis://host:6379`'));
  }
  const sshPassphrase = await readSecret(env, 'STRATOBOT_SSH_PASSPHRASE', problems);
  const signingKeyFile = await signingKey(env, needs.keyFlaw, problems);
  const s3 = needs.s3
    ? {
        accessKeyId: await required(
          'STRATOBOT_S3_ACCESS_KEY_ID',
          'the access key of the bucket in `artifacts.s3`',
        ),
        secretAccessKey: await required(
          'STRATOBOT_S3_SECRET_ACCESS_KEY',
          'the secret key that belongs to it',
        ),
      }
    : null;
  return { webhookSecret, privateKey, databaseUrl, redisUrl, sshPassphrase, signingKeyFile, s3 };
}

/** What keeps a private key from being used, or null. Given by who knows SSH's formats. */
export type KeyFlaw = (
  privateKey: string,
  passphrase?: string,
) => 'unreadable' | 'locked' | 'wrong passphrase' | null;

/** Only as a file: `ssh-keygen` takes it from one, and so it is in no process's environment. */
async function signingKey(
  env: Environment,
  keyFlaw: KeyFlaw | undefined,
  problems: Problem[],
): Promise<string | null> {
  const [name, file] = ['STRATOBOT_SIGNING_KEY', 'STRATOBOT_SIGNING_KEY_FILE'];
  if (env[name]) problems.push(inEnvironment(name, 'is not read', `set \`${file}\` to the path of the key`));
  const path = env[file] || null;
  if (path === null) return null;
  const content = await readPrivateFile(path);
  if (typeof content !== 'string') {
    problems.push(inEnvironment(file, `\`${path}\` ${content.found}`, content.suggestion));
  } else if (keyFlaw !== undefined && keyFlaw(content) !== null) {
    const found = `\`${path}\` holds no private key without a passphrase`;
    const mend = "make one with `ssh-keygen -t ed25519 -N ''`";
    problems.push(inEnvironment(file, found, mend));
  }
  return resolve(path);
}

const SHORTEST_WEBHOOK_SECRET = 16;

/** 'development' is what Probot falls back to, known to everybody. */
function weakWebhookSecret(secret: string): Problem[] {
  const name = 'STRATOBOT_WEBHOOK_SECRET';
  const mend = "make one with `openssl rand -hex 32` and enter it in the GitHub App's settings too";
  if (secret === 'development') return [inEnvironment(name, 'is a public default', mend)];
  if (secret.length >= SHORTEST_WEBHOOK_SECRET) return [];
  return [inEnvironment(name, `has fewer than ${SHORTEST_WEBHOOK_SECRET} characters`, mend)];
}

/** A PEM that came through a variable often has `\n` for its line ends. */
function unfolded(pem: string): string {
  return pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n');
}

function badPrivateKey(pem: string): Problem[] {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return [];
  } catch {
    // The reason (an OpenSSL code) tells a person nothing.
  }
  return [
    inEnvironment(
      'STRATOBOT_PRIVATE_KEY',
      'does not hold an RSA private key in PEM',
      "use the file GitHub gives under “Generate a private key” in the App's settings",
    ),
  ];
}

async function readSecret(env: Environment, name: string, problems: Problem[]): Promise<string | null> {
  const direct = env[name]?.trim() || null;
  const path = env[`${name}_FILE`] || null;
  if (direct !== null && path !== null) {
    problems.push(inEnvironment(name, `and \`${name}_FILE\` are both set`, 'keep one of them'));
    return null;
  }
  if (path === null) return direct;
  const content = await readPrivateFile(path);
  if (typeof content === 'string') return content.trim();
  problems.push(inEnvironment(`${name}_FILE`, `\`${path}\` ${content.found}`, content.suggestion));
  return null;
}

const LARGEST_SECRET = 64 * 1024;

export interface FileFlaw {
  found: string;
  suggestion: string;
}

/** Content of a file that holds a secret, or what is wrong with it. Opened once, so what is checked is what is read. */
export async function readPrivateFile(path: string): Promise<string | FileFlaw> {
  let handle: FileHandle;
  try {
    // A FIFO would otherwise wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { found: 'does not exist', suggestion: 'mend the path' };
    return { found: `cannot be read (${code})`, suggestion: 'let the user the bot runs as read it' };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { found: 'is not a file', suggestion: 'mend the path' };
    if ((stat.mode & 0o007) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      return {
        found: `is open to every user of this machine (mode ${mode})`,
        suggestion: `run \`chmod 600 ${path}\``,
      };
    }
    if (stat.size > LARGEST_SECRET)
      return { found: 'is too large for a secret', suggestion: 'mend the path' };
    const content = await handle.readFile('utf8');
    return content.trim() === '' ? { found: 'is empty', suggestion: 'write the secret into it' } : content;
  } finally {
    await handle.close();
  }
}

function inEnvironment(name: string, found: string, suggestion: string): Problem {
  return {
    file: name,
    line: null,
    column: null,
    length: 0,
    source: null,
    found,
    expected: null,
    suggestion,
  };
}
