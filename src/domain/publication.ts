/** How a published revision gets to the Stratum 1 servers, which copy the Stratum 0 when they next take a snapshot. */

/** One Stratum 1 server that is to get the revision of a deploy. Times are unix ms. */
export interface MirrorWatch {
  deployId: number;
  /** Its name in the configuration. */
  server: string;
  /** What stands before `/cvmfs/<repository>`. */
  url: string;
  /** Lagging: it was not there in time, and may come yet. */
  state: 'watching' | 'there' | 'lagging';
  /** When it came into this state. */
  at: number;
  publishedAt: number;
  /** After this it lags. */
  deadline: number;
  /** The newest revision it was seen to have; null before it answered. */
  revision: number | null;
  /** What the last look found in the way, as plain text. */
  problem: string | null;
  /** Null: nobody looks any more. */
  nextLookAt: number | null;
}

/** What one look at a Stratum 1 brought. */
export type StratumLook =
  | {
      kind: 'answered';
      revision: number;
      rootHash: string;
      /** Unix ms; null where the server does not say. */
      lastSnapshot: number | null;
      snapshotting: boolean;
    }
  | { kind: 'silent'; problem: string };

interface Wanted {
  revision: number;
  /** Of the root catalog, where it is known. */
  rootHash?: string | undefined;
}

/** The shortest time between two looks at one server, ms, however short its time limit is. */
const SHORTEST_WAIT_MS = 20;
/** A server that lags is looked at for so many times its time limit: a week of two hours. */
const GIVEN_UP_AFTER = 84;

/** The watch after a look at `now`. */
export function afterLook(watch: MirrorWatch, wanted: Wanted, look: StratumLook, now: number): MirrorWatch {
  const split =
    look.kind === 'answered' &&
    look.revision === wanted.revision &&
    wanted.rootHash !== undefined &&
    look.rootHash !== wanted.rootHash;
  if (look.kind === 'answered' && look.revision >= wanted.revision && !split) {
    const { revision, lastSnapshot } = look;
    const known = lastSnapshot !== null && lastSnapshot >= watch.publishedAt && lastSnapshot <= now;
    const at = known ? lastSnapshot : now;
    return { ...watch, state: 'there', at, revision, problem: null, nextLookAt: null };
  }
  const seen: MirrorWatch = {
    ...watch,
    revision: look.kind === 'answered' ? look.revision : watch.revision,
    problem:
      look.kind === 'silent' ? look.problem : split ? 'it has other content under this revision' : null,
    nextLookAt: nextLook(watch, look.kind === 'answered' && look.snapshotting, now),
  };
  return watch.state === 'watching' && now >= watch.deadline ? { ...seen, state: 'lagging', at: now } : seen;
}

/** Often at first and while it copies, rarely later: within 2 h every 15 s to 10 min, every 30 min when it lags. */
function nextLook(watch: MirrorWatch, snapshotting: boolean, now: number): number | null {
  const within = watch.deadline - watch.publishedAt;
  if (now >= watch.publishedAt + within * GIVEN_UP_AFTER) return null;
  const wait = (ms: number) => now + Math.max(Math.round(ms), SHORTEST_WAIT_MS);
  if (now >= watch.deadline) return wait(within / 4);
  const shortest = within / 480;
  const longest = snapshotting ? within / 120 : within / 12;
  const next = wait(Math.min(Math.max((now - watch.publishedAt) / 4, shortest), longest));
  return Math.min(next, Math.max(watch.deadline, wait(0)));
}

/** How far a revision has come. */
export interface Reach {
  there: number;
  servers: number;
  /** Ms from publication to the last server; null while one is missing. */
  everywhereAfter: number | null;
  lagging: MirrorWatch[];
}

/** Null where no Stratum 1 is watched. */
export function reachOf(watches: readonly MirrorWatch[]): Reach | null {
  if (watches.length === 0) return null;
  const there = watches.filter(({ state }) => state === 'there');
  const everywhere = there.length === watches.length;
  return {
    there: there.length,
    servers: watches.length,
    everywhereAfter: everywhere ? Math.max(...there.map(({ at, publishedAt }) => at - publishedAt)) : null,
    lagging: watches.filter(({ state }) => state === 'lagging'),
  };
}
