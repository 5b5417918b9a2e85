import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Permanent } from '../../domain/errors.ts';

/** A user of this machine that PostgreSQL runs as. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const PASSWD = '/etc/passwd';
/** Accounts that lend themselves; no account is made on somebody's machine, and `nobody` exists everywhere. */
const NAMES = ['postgres', 'nobody'];

/** PostgreSQL refuses to run as root: the account for it then; null when the bot is a plain user. */
export async function accountForPostgres(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const lines = (await readFile(PASSWD, 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of NAMES) {
    const [name, , uid, gid] = lines.find(([entry]) => entry === wanted) ?? [];
    if (name !== undefined && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Permanent(
    `PostgreSQL does not run as root, and ${PASSWD} has neither ${NAMES.join(' nor ')}: ` +
      'start Stratobot as another user, or set DATABASE_URL',
  );
}

/** The account that an existing cluster belongs to; null when there is none. */
export async function ownerOf(directory: string): Promise<Account | null> {
  const { uid, gid } = await stat(directory).catch(() => ({ uid: 0, gid: 0 }));
  return uid === 0 ? null : { name: `uid ${uid}`, uid, gid };
}

/** Whether the account may enter this folder and every one above it. */
export async function canEnter(folder: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder);
  let bit = 0o001;
  if (uid === account.uid) bit = 0o100;
  else if (gid === account.gid) bit = 0o010;
  if ((mode & bit) === 0) return false;
  const above = dirname(folder);
  return above === folder || canEnter(above, account);
}
