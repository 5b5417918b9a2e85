/**
 * The tables of schema `stratobot` as Kysely sees them. Times are bigint columns in unix milliseconds, as everywhere
 * in the code: a timestamptz would be turned into a Date and back, and would lose nothing but our time.
 */
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { TarballOverview, Upload } from '../domain/artifact.ts';
import type { Build, BuildState, BuildStateKind, Retry } from '../domain/build.ts';
import type { DeployItem, DeployState, DeployStateKind, Folder } from '../domain/deploy.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import type { Differences } from '../domain/repository-policy.ts';
import type { RollbackState, RollbackStateKind } from '../domain/rollback.ts';
import type { SoftwareChanges } from '../domain/software-changes.ts';
import type { Target } from '../domain/target.ts';
import type { WaitState } from '../domain/wait.ts';
import type { Delivery } from '../ports/records.ts';

export const SCHEMA = 'stratobot';

/** A document: read as its type, written as JSON text (see json() in values.ts). */
type Document<T extends object> = JSONColumnType<T>;

export interface Tables {
  deliveries: {
    guid: string;
    event: string;
    /** JSON in a text column: a payload may hold U+0000, which jsonb refuses. */
    payload: string;
    received_at: number;
    state: Generated<Delivery['state']>;
    attempts: Generated<number>;
    detail: string | null;
  };
  delivery_log: {
    one: Generated<boolean>;
    read_to: number;
  };
  heads: {
    repo: string;
    number: number;
    sha: string;
    moved_at: number | null;
    seen_at: number;
    arrived: Generated<number>;
  };
  requests: {
    id: GeneratedAlways<number>;
    repo: string;
    pull_request: number;
    head_sha: string;
    base_ref: string;
    title: string;
    author: string;
    requested_by: string;
    commands: Document<string[]>;
    software: Document<SoftwareChanges> | null;
    source: string;
    created_at: number;
  };
  builds: {
    id: GeneratedAlways<number>;
    request_id: number;
    target: Document<Target>;
    repository: string;
    pools: Document<string[]>;
    placement: Document<NonNullable<Build['placement']>> | null;
    priority: Document<NonNullable<Build['priority']>> | null;
    avoid: JSONColumnType<string[], string | undefined>;
    /** Nodes that were silent when it was to start there, and where a job may have been left. */
    strays: JSONColumnType<string[], string | undefined>;
    exports: Document<Record<string, string>>;
    waiting: string | null;
    retry: Document<Retry> | null;
    retry_of: number | null;
    state: Document<BuildState>;
    state_kind: GeneratedAlways<BuildStateKind>;
    /** When the state was last changed, by the bot's clock. */
    moved_at: number;
    created_at: number;
    /** Where it ran, or was to run, at last. */
    node: string | null;
    /** When its directory was removed from the node. */
    cleared_at: number | null;
    /** When its log was put into the artifact store, and under which key; without a key there is no log. */
    log_kept_at: number | null;
    log_key: string | null;
  };
  artifacts: {
    id: GeneratedAlways<number>;
    build_id: number;
    name: string;
    sha256: string;
    bytes: number;
    key: string;
    url: string;
    overview: Document<TarballOverview>;
    upload: Upload;
    /** When, and for which newer artifact, it was to leave the store; when it had left. */
    removed_at: number | null;
    removed_for: number | null;
    erased_at: number | null;
    signer: string | null;
    collected_at: number;
  };
  deploys: {
    id: GeneratedAlways<number>;
    repo: string;
    pull_request: number;
    head_sha: string;
    author: string;
    requested_by: string;
    source: string;
    repository: GeneratedAlways<string>;
    digest: string;
    artifacts: Document<DeployItem[]>;
    rebuild: boolean;
    despite_tests: Document<{ by: string; reason: string }> | null;
    /** Of the deploy when it was put up; null before that. */
    differences: JSONColumnType<Differences, string | null> | null;
    earlier_askers: Document<string[]>;
    /** The folder of the staging repository its record was last moved to. */
    filed: Folder | null;
    staging: string;
    state: Document<DeployState>;
    state_kind: GeneratedAlways<DeployStateKind>;
    moved_at: number;
    deploy_pull_request: GeneratedAlways<number | null>;
    created_at: number;
  };
  publications: {
    deploy_id: number;
    server: string;
    url: string;
    state: MirrorWatch['state'];
    at: number;
    published_at: number;
    deadline: number;
    revision: number | null;
    problem: string | null;
    next_look_at: number | null;
  };
  rollbacks: {
    id: GeneratedAlways<number>;
    deploy_id: number;
    repository: string;
    from_revision: number;
    to_revision: number;
    requested_by: string;
    source: string;
    asked_at: number;
    state: Document<RollbackState>;
    state_kind: GeneratedAlways<RollbackStateKind>;
  };
  waits: {
    id: GeneratedAlways<number>;
    repo: string;
    pull_request: number;
    after: number;
    head_sha: string;
    requested_by: string;
    command: string;
    source: string;
    asked_at: number;
    state: WaitState;
    called_off_by: string | null;
  };
  deploy_reviews: {
    deploy_id: number;
    review_id: number;
    reviewer: string;
    commit: string;
    accepted: boolean;
    reason: string;
    at: number;
  };
  postings: {
    id: GeneratedAlways<number>;
    key: string;
    repo: string;
    number: number | null;
    remote_id: number | null;
    attempted_at: number | null;
    written_hash: string | null;
    written_at: number | null;
    body: string | null;
  };
  audit: {
    /** By the database, as the two hashes are (see migrations/010-audit-chain.ts). */
    id: GeneratedAlways<number>;
    at: number;
    actor: string;
    action: string;
    subject: string;
    evidence: Document<object>;
    /** Of the line before; empty for the first. */
    prev_hash: GeneratedAlways<string>;
    hash: GeneratedAlways<string>;
  };
}
