import { setTimeout as sleep } from 'node:timers/promises';
import { Permanent, Waiting } from '../../domain/errors.ts';
import type { Clock, Log, Transport } from '../../ports.ts';
import { type Commands, commandsOver } from '../commands.ts';
import { type Journal, type JournalFile, journalIn } from './journal.ts';
import { type Mounted, mountedAt } from './mounted.ts';
import { type Recorded, recordedIn } from './recorded.ts';
import { headOf, type ListedState, type Server, serverOf, type Tag } from './server.ts';

export interface CvmfsOptions {
  /** To the Stratum 0, as the account that owns the repository. */
  transport: Transport;
  log: Log;
  clock: Clock;
  /** What stands before `/cvmfs/<repository>` on the Stratum 0's web server. */
  stratum0Url: string;
  /** Where publications keep their journal and the joined tar, on the Stratum 0; one folder for all bots. */
  stateDir: string;
  /** Default `cvmfs_server`. */
  cvmfsServer?: string;
  /** Default `/cvmfs`. */
  mountRoot?: string;
  /** Where the repository's objects are kept, to look for space; default `/srv/cvmfs`; null: not on a disk (S3). */
  storage?: string | null;
  /** Run in the last transaction, once for each stack version, with mount and version as arguments: renews caches. */
  cacheHook?: readonly string[];
  patience?: Partial<Patience>;
}

interface Patience {
  /** For somebody else's transaction; default 10 minutes. */
  transactionMs: number;
  /** Until the web server shows the new revision; default 2 minutes, as caches hold the old one for 61 s. */
  servedMs: number;
  /** Between two looks; default 2 s. */
  pollMs: number;
}

/** Patience is at its end, and no command of ours is under way: what was done so far can be undone. */
export class Withdrawn extends Waiting {}

/** One repository on its Stratum 0, for one deploy. */
export interface Site {
  repository: string;
  mount: string;
  /** Folder of all deploys of the repository on the Stratum 0. */
  folder: string;
  /** Folder of this deploy on the Stratum 0. */
  area: string;
  cvmfsServer: string;
  stratum0Url: string;
  storage: string | null;
  cacheHook: readonly string[];
  patience: Patience;
  log: Log;
  clock: Clock;
  run: Commands;
  server: Server;
  recorded: Recorded;
  mounted: Mounted;
  journal: JournalFile;
  /** Looks until there is an answer, or throws Withdrawn with the sentence after `ms`. */
  until<Found>(ms: number, sentence: string, look: () => Promise<Found | null>): Promise<Found>;
}

export function siteOf(options: CvmfsOptions, repository: string, deploy: number): Site {
  const { transport, log, clock, stratum0Url, storage = '/srv/cvmfs', cacheHook = [] } = options;
  const cvmfsServer = options.cvmfsServer ?? 'cvmfs_server';
  const patience = { transactionMs: 600_000, servedMs: 120_000, pollMs: 2_000, ...options.patience };
  const mount = `${options.mountRoot ?? '/cvmfs'}/${repository}`;
  const folder = `${options.stateDir}/${repository}`;
  const area = `${folder}/deploy-${deploy}`;
  const run = commandsOver(transport);
  return {
    ...{
      repository,
      mount,
      folder,
      area,
      cvmfsServer,
      stratum0Url,
      storage,
      cacheHook,
      patience,
      log,
      clock,
      run,
    },
    server: serverOf(transport, cvmfsServer, repository),
    recorded: recordedIn(transport, area),
    mounted: mountedAt(run, mount),
    journal: journalIn(run, area),
    async until(ms, sentence, look) {
      const end = clock.now() + ms;
      for (;;) {
        const found = await look();
        if (found !== null) return found;
        if (clock.now() >= end) throw new Withdrawn(sentence);
        await sleep(patience.pollMs);
      }
    },
  };
}

/** The tags, once nobody publishes. */
export async function tagsOf(site: Site): Promise<Tag[]> {
  const sentence = `Somebody else is publishing ${site.repository}.`;
  return await site.until(site.patience.transactionMs, sentence, () => site.server.tags());
}

export async function listedOf(site: Site): Promise<ListedState> {
  const listed = await site.server.listed();
  if (listed !== null) return listed;
  throw new Permanent(`The Stratum 0 does not have the repository ${site.repository}.`);
}

/** Waits for the end of a transaction that is not ours; it is never ours to end. */
export async function untilFree(site: Site): Promise<ListedState> {
  const sentence = `Somebody else has a transaction open on ${site.repository}; it is left alone.`;
  return await site.until(site.patience.transactionMs, sentence, async () => {
    const listed = await listedOf(site);
    return listed.inTransaction ? null : listed;
  });
}

/** Makes the deploy one that never began, on the disk of the Stratum 0; the journal goes first. */
export async function clearArea(site: Site): Promise<void> {
  await site.journal.remove();
  await site.run.remove(site.area);
}

/** Throws Permanent unless the head is where our own steps must have brought it. */
export async function expectHead(site: Site, journal: Journal, steps: number): Promise<Tag[]> {
  const tags = await tagsOf(site);
  const [head, expected] = [headOf(tags), journal.revision + steps];
  if (head === expected) return tags;
  throw new Permanent(
    head < expected
      ? `cvmfs_server said it published ${site.repository}, and its revision is ${head}, not ${expected}.`
      : `Somebody else published ${site.repository} in between: its revision is ${head}, not ${expected}.`,
  );
}
