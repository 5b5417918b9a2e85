/** From approved bytes to a revision. */
import type { Violation } from '../domain/artifact.ts';
import type { Approval, Deploy, DeployItem } from '../domain/deploy.ts';

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
}

export interface Publisher {
  /** One revision or none; a deploy that is published already gives its revision. */
  publish(deploy: {
    id: number;
    repository: string;
    approval: Approval;
    files: SpooledArtifact[];
  }): Promise<Publication>;
}
