/** The record: every fact is a row, written before anything outside happens. */
import type { Artifact } from '../domain/artifact.ts';
import type { Build, BuildState, BuildStateKind, Retry } from '../domain/build.ts';
import type { Deploy, DeployState, DeployStateKind, Folder } from '../domain/deploy.ts';
import type { EndedTry } from '../domain/placement.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import type { Differences } from '../domain/repository-policy.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { Rollback, RollbackState, RollbackStateKind } from '../domain/rollback.ts';
import type { Target } from '../domain/target.ts';
import type { SetLabel } from './github.ts';
import type { Remains } from './remains.ts';
import type { Uploads } from './uploads.ts';
import type { Waits } from './waits.ts';

/** A webhook as it came, kept by its delivery GUID. */
export interface Delivery {
  guid: string;
  event: string;
  payload: unknown;
  receivedAt: number;
  state: 'received' | 'done' | 'failed';
  attempts: number;
}

/** A webhook to be kept: its payload is still the JSON text that came. */
export interface NewDelivery {
  guid: string;
  event: string;
  body: string;
  receivedAt: number;
}

export interface Deliveries {
  /** Inserts once; a GUID that is known already changes nothing. */
  record(delivery: {
    guid: string;
    event: string;
    payload: unknown;
    receivedAt: number;
  }): Promise<'new' | 'known'>;
  /**
   * The same for many, in one commit: all are kept, or none is. Of those with one GUID the first is kept.
   * @returns the GUIDs that were not known before
   */
  recordAll(deliveries: readonly NewDelivery[]): Promise<Set<string>>;
  get(guid: string): Promise<Delivery | null>;
  /** Counts an attempt and says whether there is still something to do. */
  begin(guid: string): Promise<Delivery | null>;
  finish(guid: string, state: 'done' | 'failed', detail: string): Promise<void>;
  /**
   * Of finished deliveries that came before `payloadsBefore` the payload is dropped (it reads as null), and of those before
   * `guidsBefore` the row; at most `limit` of each, unix ms.
   * @returns how many were changed or removed
   */
  forget(age: { payloadsBefore: number; guidsBefore: number }, limit: number): Promise<number>;
  /** GUIDs still `received` and older than `before`, oldest first. */
  unfinished(before: number): Promise<string[]>;
  /** Those of the GUIDs that have a row. */
  known(guids: readonly string[]): Promise<Set<string>>;
  /** Those of the comments that came in a webhook since (unix ms), were answered, or asked for builds. */
  commentsSeen(ids: readonly number[], since: number): Promise<Set<number>>;
  /** Whether the webhook of a label came, or builds were asked for by one there since. */
  labelSeen(label: SetLabel): Promise<boolean>;
  /** How far GitHub's log of deliveries was read, unix ms; null when it never was. */
  logReadTo(): Promise<number | null>;
  readLogTo(at: number): Promise<void>;
}

export interface PullHeads {
  /**
   * Remembers when a head was first seen to be one; movedAt null: the pull request was opened with it. First writer wins.
   * @param head `at` is when it was said to be the head, whichever came first; the latest counts
   */
  saw(head: { repo: string; number: number; sha: string; movedAt: number | null; at: number }): Promise<void>;
  /** undefined: never seen. */
  movedAt(repo: string, number: number, sha: string): Promise<number | null | undefined>;
  /** The head that was last said to be one; null when none was ever seen. */
  newest(repo: string, number: number): Promise<string | null>;
}

export type NewBuild = Pick<Build, 'target' | 'repository' | 'pools' | 'exports'>;

export interface Requests {
  /** Request and builds in one transaction; the same source again gives what was made the first time. */
  create(
    request: Omit<BuildRequest, 'id'>,
    builds: readonly NewBuild[],
  ): Promise<{ request: BuildRequest; builds: Build[]; created: boolean }>;
  get(id: number): Promise<BuildRequest | null>;
  /** Newest first. */
  ofPullRequest(repo: string, number: number): Promise<BuildRequest[]>;
  /** Numbers of the pull requests that had requests at a head. */
  pullRequestsOf(repo: string, headSha: string): Promise<number[]>;
}

export interface Builds {
  get(id: number): Promise<Build | null>;
  ofRequest(requestId: number): Promise<Build[]>;
  inState(kinds: readonly BuildStateKind[]): Promise<Build[]>;
  /** Builds whose state changed after `at`, or that were made after it. */
  movedSince(at: number): Promise<Build[]>;
  /** How many builds that this person asked for have not ended; those of the request from `butOf` are not counted. */
  underWayOf(person: string, butOf: string): Promise<number>;
  /** How long the newest builds of a target ran that succeeded, ms. */
  durations(target: Target, repository: string, limit: number): Promise<number[]>;
  /** Builds that wait or hold a slot, each with its pull request, `owner/repo#12`; oldest first. */
  underWay(): Promise<{ build: Build; pull: string }[]>;
  /** Builds that were given a node and were built or failed after `at`. */
  endedSince(at: number): Promise<EndedTry[]>;
  /** Notes why a build in state `kind` waits, or that it no longer does. False: that is what was noted already. */
  waits(id: number, kind: BuildStateKind, reason: string | null): Promise<boolean>;
  /** Marks a queued build; who did it first stays. Null when it is no longer queued. */
  prioritise(id: number, by: string): Promise<Build | null>;
  /** A new build that repeats a failed one, in the same request; done again it gives the one that was made. */
  repeat(build: Build, retry: Omit<Retry, 'of'> & Pick<Build, 'avoid'>): Promise<Build>;
  /**
   * Compare and set: null when the row was no longer in state `from` (by value of `kind`). A build that leaves the queue for
   * a node is given its placement with it; one that goes back into the queue loses it, avoids that node from then on, and
   * is among Remains.strays().
   */
  move(
    id: number,
    from: BuildStateKind,
    to: BuildState,
    placement?: Build['placement'],
  ): Promise<Build | null>;
}

export interface Artifacts {
  /** Records an artifact of a build; the same name for the same build again gives the first row. */
  add(artifact: Omit<Artifact, 'id'>): Promise<Artifact>;
  ofBuild(buildId: number): Promise<Artifact[]>;
  get(ids: readonly number[]): Promise<Artifact[]>;
}

export interface Deploys {
  /** Inserts a deploy in state `preparing`. The same asking again gives what it made; the same digest that is still open gives that deploy. */
  create(deploy: Omit<Deploy, 'id' | 'state' | 'differences'>): Promise<{ deploy: Deploy; created: boolean }>;
  get(id: number): Promise<Deploy | null>;
  /** The deploy shown by this pull request of the staging repository. */
  byPullRequest(staging: string, number: number): Promise<Deploy | null>;
  ofPullRequest(repo: string, number: number): Promise<Deploy[]>;
  inState(kinds: readonly DeployStateKind[]): Promise<Deploy[]>;
  /** Deploys whose state changed after `at`. */
  movedSince(at: number): Promise<Deploy[]>;
  move(id: number, from: DeployStateKind, to: DeployState): Promise<Deploy | null>;
  compared(id: number, differences: Differences): Promise<void>;
  /** Folder of the staging repository a deploy's record was last moved to; null: it was not yet. */
  filed(id: number): Promise<Folder | null>;
  file(id: number, folder: Folder): Promise<void>;
  /** Every judged review, accepted or not, once per review id. */
  recordReview(
    deployId: number,
    review: {
      reviewId: number;
      reviewer: string;
      commit: string;
      accepted: boolean;
      reason: string;
      at: number;
    },
  ): Promise<void>;
  reviews(
    deployId: number,
  ): Promise<{ reviewId: number; reviewer: string; accepted: boolean; reason: string }[]>;
}

/** Stratum 1 servers on their way to a deploy's revision. */
export interface Publications {
  /** Inserts; a server that is watched for this deploy already changes nothing. */
  begin(watches: readonly MirrorWatch[]): Promise<void>;
  /** By the names of the servers. */
  ofDeploy(deployId: number): Promise<MirrorWatch[]>;
  /** Writes what a look brought. */
  looked(watch: MirrorWatch): Promise<void>;
  /** Deploys of which a server is still looked at. */
  watched(): Promise<number[]>;
}

export interface Rollbacks {
  /** The same asking again, or one of a deploy with one under way, gives that one. */
  ask(rollback: Omit<Rollback, 'id' | 'state'>): Promise<{ rollback: Rollback; created: boolean }>;
  get(id: number): Promise<Rollback | null>;
  /** Oldest first. */
  ofDeploy(deployId: number): Promise<Rollback[]>;
  /** Confirmed, and not at their end. */
  underWay(): Promise<Rollback[]>;
  /** Compare and set, as for builds. */
  move(id: number, from: RollbackStateKind, to: RollbackState): Promise<Rollback | null>;
}

/** Something the bot writes on GitHub and may write again: where it is, and what was last written. */
export interface Posting {
  /** `status:<request>`, `check:<build>`, `summary:<repository>#<pull request>:<head>`, `reply:comment:<id>:<line>` … */
  key: string;
  repo: string;
  /** Issue or pull request number; null for a check, and for an issue that is opened. */
  number: number | null;
  /** GitHub's id once it is known. */
  remoteId: number | null;
  /** A creation was begun; if remoteId is null the world must be searched before creating again. */
  attemptedAt: number | null;
  /** sha256 of what was last written. */
  writtenHash: string | null;
  writtenAt: number | null;
  /** Body of a message that is written once: a reply, or an issue with its title as first line; null for rendered ones. */
  body: string | null;
}

export interface Postings {
  /** Makes the row if it is new, and returns it as it stands. */
  ensure(posting: Pick<Posting, 'key' | 'repo' | 'number' | 'body'>): Promise<Posting>;
  get(key: string): Promise<Posting | null>;
  attempt(key: string, at: number): Promise<void>;
  written(key: string, remoteId: number, hash: string, at: number): Promise<void>;
  /** Messages with a body that were never written. */
  unwritten(): Promise<Posting[]>;
}

export interface Audit {
  append(line: {
    at: number;
    actor: string;
    action: string;
    subject: string;
    evidence: object;
  }): Promise<void>;
  list(subject: string): Promise<{ at: number; actor: string; action: string; evidence: unknown }[]>;
}

/** PostgreSQL behind one door. */
export interface Records {
  deliveries: Deliveries;
  heads: PullHeads;
  requests: Requests;
  builds: Builds;
  artifacts: Artifacts;
  remains: Remains;
  uploads: Uploads;
  deploys: Deploys;
  publications: Publications;
  rollbacks: Rollbacks;
  waits: Waits;
  postings: Postings;
  audit: Audit;
  /**
   * Runs `work` while holding an exclusive lock of that name across all processes of this database; returns 'busy' at once
   * when somebody else holds it. The lock ends with the process.
   */
  locked<T>(name: string, work: () => Promise<T>): Promise<T | 'busy'>;
}
