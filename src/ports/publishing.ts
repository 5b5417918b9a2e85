/** From approved bytes to a revision. */
import type { Violation } from '../domain/artifact.ts';
import type { Deploy, DeployItem } from '../domain/deploy.ts';
import type { StratumLook } from '../domain/publication.ts';
import type { Differences } from '../domain/repository-policy.ts';

export interface SpooledArtifact extends DeployItem {
  /** Absolute path of the verified file on this machine. */
  path: string;
}

type SpoolResult =
  | { kind: 'spooled'; files: SpooledArtifact[] }
  | { kind: 'refused'; violations: Violation[] };

/** Fetches the artifacts of a deploy and verifies every byte before anything else touches them. */
export interface Spool {
  fetch(deploy: Deploy): Promise<SpoolResult>;
  /** Removes the files of a deploy. */
  clear(deployId: number): Promise<void>;
}

export interface Publication {
  revision: number;
  files: number;
  /** Where the content can be read. */
  path: string;
  /** Of the root catalog, where there is one. */
  rootHash?: string;
}

export interface Publisher {
  /** What publishing these files would change in the repository as it is now; changes nothing. */
  compare(deploy: { repository: string; rebuild: boolean; files: SpooledArtifact[] }): Promise<Differences>;
  /**
   * One revision or none; a deploy that is published already gives its revision. Throws Permanent where the deploy does not
   * fit what the repository has by then.
   */
  publish(deploy: {
    id: number;
    repository: string;
    /** What was approved, and by whom. */
    digest: string;
    approvedBy: readonly string[];
    /** Files that are there may be replaced. */
    rebuild: boolean;
    files: SpooledArtifact[];
  }): Promise<Publication>;
  /** What taking a deploy back would do; changes nothing. Throws Permanent, with the reason, where there is no way back. */
  wayBack(deploy: { id: number; repository: string }): Promise<WayBack>;
  /**
   * Makes a new revision with the content from before a deploy; done already, it gives that. Throws Permanent where another
   * way back is there than this one.
   */
  rollback(deploy: { id: number; repository: string } & WayBack): Promise<{ revision: number }>;
}

/** From the deploy's revision, which is the newest, to the content of an older one; `to` is 0 where there was none. */
export interface WayBack {
  from: number;
  to: number;
}

/** The Stratum 1 servers that copy a CernVM-FS repository. */
export interface Strata {
  servers: readonly { name: string; url: string }[];
  /** How long a revision may take to get to them, ms. */
  withinMs: number;
  /** What a server has now. Throws Retryable, with a reason for people, when it does not say. */
  look(url: string): Promise<Extract<StratumLook, { kind: 'answered' }>>;
}
