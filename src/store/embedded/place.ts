import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Permanent } from '../../domain/errors.ts';
import type { Log } from '../../ports/basics.ts';
import { type Account, accountForPostgres, canEnter, ownerOf } from './account.ts';

/** Where a cluster lives, and who runs it. */
export interface Place {
  /** Null: the bot's own user. */
  account: Account | null;
  /** The cluster's folder (PGDATA). */
  directory: string;
  password: string;
  /** False until initdb has run to its end; from then on a missing folder is a loss, not a beginning. */
  initialised: boolean;
  /** The file in the data folder that remembers all this. */
  memory: string;
  /** What the server says, from its last start on. */
  logFile: string;
}

const memorySchema = z.strictObject({
  directory: z.string().min(1),
  password: z.string().min(1),
  initialised: z.boolean(),
});

/**
 * The place of the cluster of a data folder: in it, or below `elsewhere` where the bot is root and the account of
 * PostgreSQL may not enter the data folder (a clone below /root). Decided once, and remembered in the data folder.
 */
export async function findPlace(dataDir: string, elsewhere: string, log: Log): Promise<Place> {
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const account = await accountForPostgres();
  const memory = join(home, 'postgres.json');
  const logFile = join(home, 'postgres.log');
  const known = await recall(memory);
  if (known) {
    const owner = account && (await ownerOf(known.directory));
    return { ...known, account: owner ?? account, memory, logFile };
  }

  const directory = await chooseDirectory(home, elsewhere, account, log);
  const password = randomBytes(24).toString('hex');
  const place = { account, directory, password, initialised: false, memory, logFile };
  await remember(place);
  return place;
}

/** Writes the memory whole or not at all; only the bot may read the password. */
export async function remember({ memory, directory, password, initialised }: Place): Promise<void> {
  const text = JSON.stringify({ directory, password, initialised });
  await writeFile(`${memory}.new`, text, { mode: 0o600, flush: true });
  await rename(`${memory}.new`, memory);
}

async function recall(memory: string): Promise<z.infer<typeof memorySchema> | null> {
  try {
    return memorySchema.parse(JSON.parse(await readFile(memory, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new Permanent(`${memory} cannot be read; it says where the database of this folder is`, { cause });
  }
}

async function chooseDirectory(home: string, elsewhere: string, account: Account | null, log: Log) {
  if (account === null || (await canEnter(home, account))) return join(home, 'postgres');
  const base = await sharedFolder(elsewhere, account);
  const directory = join(base, createHash('sha256').update(home).digest('hex').slice(0, 16));
  log.warn(
    { directory, account: account.name, dataDir: home },
    'PostgreSQL does not run as root and its account cannot enter the data folder: the database is kept elsewhere',
  );
  return directory;
}

/** Makes the folder for what the account cannot reach in its own place; root's, for all to enter. */
export async function sharedFolder(elsewhere: string, account: Account): Promise<string> {
  await mkdir(elsewhere, { recursive: true });
  await chmod(elsewhere, 0o755);
  const base = await realpath(elsewhere);
  if (await canEnter(base, account)) return base;
  throw new Permanent(`the account ${account.name}, which PostgreSQL runs as, cannot enter ${base}`);
}
