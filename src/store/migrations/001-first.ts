import { type Kysely, sql } from 'kysely';

/**
 * What a state of each kind must carry, in jsonpath. A missing or null field, or one of another type, compares as
 * false or unknown, so `> ""` reads "a text that is not empty" and `>= 0` "a number".
 */
const handle = '$.handle.node > "" && $.handle.directory > "" && $.handle.job > ""';
const failure = '$.failure.code > "" && $.failure.sentence > "" && $.failure.class > ""';
const sha256 = 'like_regex "^[0-9a-f]{64}$"';
const nullable = (field: string, test: string) => `(${field} == null || ${field} ${test})`;
const buildStates = {
  queued: '$.since >= 0',
  starting: '$.since >= 0 && $.node > ""',
  running: `$.startedAt >= 0 && ${handle}`,
  cancelling: `$.at >= 0 && $.by > "" && $.node > "" && ${nullable('$.startedAt', '>= 0')}`,
  collecting: `$.startedAt >= 0 && $.endedAt >= 0 && ${handle} && $.exit.kind > ""`,
  succeeded:
    `$.startedAt >= 0 && $.endedAt >= 0 && ${handle} && $.tests.status > "" && $.artifacts.size() > 0 && ` +
    `exists($.artifacts[*]) && !exists($.artifacts[*] ? (!(@.sha256 ${sha256} && @.id > 0 && @.name > "")))`,
  failed:
    `$.endedAt >= 0 && ${failure} && ${nullable('$.startedAt', '>= 0')} && ` +
    `($.handle == null || (${handle}))`,
  cancelled: `$.at >= 0 && $.by > "" && ${nullable('$.startedAt', '>= 0')}`,
};

const shown = '$.pullRequest > 0 && $.commit > ""';
const approved =
  `${shown} && $.approval.reviewer > "" && $.approval.reviewId >= 0 && $.approval.commit == $.commit && ` +
  `$.approval.digest ${sha256}`;
const deployStates = {
  preparing: '$.since >= 0',
  open: `$.since >= 0 && ${shown}`,
  approved: `$.at >= 0 && ${approved}`,
  ingesting: `$.since >= 0 && ${approved}`,
  published: `$.at >= 0 && ${approved} && $.revision >= 0 && $.files >= 0 && $.path > ""`,
  rejected: '$.at >= 0 && $.pullRequest > 0 && $.by > "" && $.reason > ""',
  superseded: `$.at >= 0 && $.by > 0 && ${nullable('$.pullRequest', '> 0')}`,
  failed: `$.at >= 0 && $.reason > "" && ${nullable('$.pullRequest', '> 0')} && $.incident.type() == "array"`,
};

const oneOf = (states: Record<string, string>) =>
  Object.entries(states)
    .map(([kind, evidence]) => `($.kind == "${kind}" && ${evidence})`)
    .join(' || ');

/** A CHECK passes on NULL, which jsonpath gives for a comparison of unlike types: hence IS TRUE. */
const holds = (column: string, path: string) =>
  sql`(${sql.raw(column)} @@ ${sql.lit(path)}::jsonpath) IS TRUE`;

/** The first tables. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    CREATE TABLE stratobot.deliveries (
      guid text PRIMARY KEY CHECK (guid <> ''),
      event text NOT NULL,
      payload text NOT NULL,
      received_at bigint NOT NULL,
      state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'failed')),
      attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      detail text,
      CHECK (state = 'received' OR detail IS NOT NULL)
    )`.execute(db);
  await sql`
    CREATE INDEX deliveries_unfinished ON stratobot.deliveries (received_at) WHERE state = 'received'
    `.execute(db);

  await sql`
    CREATE TABLE stratobot.heads (
      repo text NOT NULL,
      number integer NOT NULL,
      sha text NOT NULL,
      moved_at bigint,
      PRIMARY KEY (repo, number, sha)
    )`.execute(db);

  await sql`
    CREATE TABLE stratobot.requests (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      repo text NOT NULL CHECK (repo <> ''),
      pull_request integer NOT NULL CHECK (pull_request > 0),
      head_sha text NOT NULL CHECK (head_sha <> ''),
      base_ref text NOT NULL,
      title text NOT NULL,
      author text NOT NULL,
      requested_by text NOT NULL CHECK (requested_by <> ''),
      commands jsonb NOT NULL CHECK (jsonb_typeof(commands) = 'array'),
      source text NOT NULL UNIQUE CHECK (source <> ''),
      created_at bigint NOT NULL
    )`.execute(db);
  await sql`
    CREATE INDEX requests_of_pull_request ON stratobot.requests (repo, pull_request)
    `.execute(db);

  await sql`
    CREATE TABLE stratobot.builds (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      request_id bigint NOT NULL REFERENCES stratobot.requests,
      target jsonb NOT NULL,
      repository text NOT NULL CHECK (repository <> ''),
      pool text NOT NULL CHECK (pool <> ''),
      exports jsonb NOT NULL CHECK (jsonb_typeof(exports) = 'object'),
      waiting text,
      retry jsonb,
      retry_of bigint UNIQUE REFERENCES stratobot.builds,
      state jsonb NOT NULL,
      state_kind text NOT NULL GENERATED ALWAYS AS (state ->> 'kind') STORED,
      moved_at bigint NOT NULL,
      created_at bigint NOT NULL,
      CONSTRAINT builds_retry CHECK ((retry ->> 'of')::bigint IS NOT DISTINCT FROM retry_of),
      CONSTRAINT builds_target CHECK (${holds('target', '$.os > "" && $.cpu > ""')}),
      CONSTRAINT builds_evidence CHECK (${holds('state', oneOf(buildStates))})
    )`.execute(db);
  await sql`CREATE INDEX builds_of_request ON stratobot.builds (request_id)`.execute(db);
  await sql`CREATE INDEX builds_in_state ON stratobot.builds (state_kind)`.execute(db);
  await sql`CREATE INDEX builds_moved ON stratobot.builds (moved_at)`.execute(db);

  await sql`
    CREATE TABLE stratobot.artifacts (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      build_id bigint NOT NULL REFERENCES stratobot.builds,
      name text NOT NULL CHECK (name <> ''),
      sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      bytes bigint NOT NULL CHECK (bytes >= 0),
      key text NOT NULL CHECK (key <> ''),
      url text NOT NULL,
      overview jsonb NOT NULL,
      collected_at bigint NOT NULL,
      UNIQUE (build_id, name)
    )`.execute(db);

  await sql`
    CREATE TABLE stratobot.deploys (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      repo text NOT NULL CHECK (repo <> ''),
      pull_request integer NOT NULL CHECK (pull_request > 0),
      head_sha text NOT NULL CHECK (head_sha <> ''),
      author text NOT NULL,
      requested_by text NOT NULL CHECK (requested_by <> ''),
      source text NOT NULL CHECK (source <> ''),
      digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
      artifacts jsonb NOT NULL,
      repository text GENERATED ALWAYS AS (artifacts #>> '{0,repository}') STORED,
      staging text NOT NULL CHECK (staging <> ''),
      state jsonb NOT NULL,
      state_kind text NOT NULL GENERATED ALWAYS AS (state ->> 'kind') STORED,
      moved_at bigint NOT NULL,
      deploy_pull_request integer GENERATED ALWAYS AS ((state ->> 'pullRequest')::integer) STORED,
      created_at bigint NOT NULL,
      CONSTRAINT deploys_artifacts CHECK (${holds(
        'artifacts',
        `exists($[*]) && !exists($[*] ? (!(@.sha256 ${sha256} && @.artifactId > 0 && @.key > "")))`,
      )}),
      CONSTRAINT deploys_once_per_asking UNIQUE (source, repository),
      CONSTRAINT deploys_evidence CHECK (${holds('state', oneOf(deployStates))}),
      CONSTRAINT deploys_approval_names_bytes CHECK (coalesce(state #>> '{approval,digest}', digest) = digest)
    )`.execute(db);
  await sql`
    CREATE UNIQUE INDEX deploys_one_open ON stratobot.deploys (repo, pull_request, digest)
      WHERE state_kind IN ('preparing', 'open', 'approved', 'ingesting')`.execute(db);
  await sql`
    CREATE INDEX deploys_of_pull_request ON stratobot.deploys (repo, pull_request)
    `.execute(db);
  await sql`
    CREATE INDEX deploys_by_deploy_pull_request ON stratobot.deploys (staging, deploy_pull_request)
    `.execute(db);
  await sql`CREATE INDEX deploys_in_state ON stratobot.deploys (state_kind)`.execute(db);
  await sql`CREATE INDEX deploys_moved ON stratobot.deploys (moved_at)`.execute(db);

  await sql`
    CREATE TABLE stratobot.deploy_reviews (
      deploy_id bigint NOT NULL REFERENCES stratobot.deploys,
      review_id bigint NOT NULL,
      reviewer text NOT NULL,
      commit text NOT NULL,
      accepted boolean NOT NULL,
      reason text NOT NULL,
      at bigint NOT NULL,
      PRIMARY KEY (deploy_id, review_id)
    )`.execute(db);

  await sql`
    CREATE TABLE stratobot.postings (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      key text NOT NULL UNIQUE CHECK (key <> ''),
      repo text NOT NULL,
      number integer,
      remote_id bigint,
      attempted_at bigint,
      written_hash text CHECK (written_hash ~ '^[0-9a-f]{64}$'),
      written_at bigint,
      body text,
      CONSTRAINT postings_written CHECK (
        (written_hash IS NULL) = (written_at IS NULL) AND (written_hash IS NULL OR remote_id IS NOT NULL)
      )
    )`.execute(db);
  await sql`
    CREATE INDEX postings_unwritten ON stratobot.postings (id) WHERE body IS NOT NULL AND written_hash IS NULL
    `.execute(db);

  await sql`
    CREATE TABLE stratobot.audit (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at bigint NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      evidence jsonb NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX audit_of_subject ON stratobot.audit (subject, id)`.execute(db);
  await sql`
    CREATE FUNCTION stratobot.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$`.execute(db);
  await sql`
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stratobot.audit
      FOR EACH STATEMENT EXECUTE FUNCTION stratobot.audit_is_append_only()`.execute(db);
}
