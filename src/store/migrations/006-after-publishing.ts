import { type Kysely, sql } from 'kysely';

/** Servers that are watched until they have a revision; deploys that were taken back. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    CREATE TABLE stratobot.publications (
      deploy_id bigint NOT NULL REFERENCES stratobot.deploys,
      server text NOT NULL CHECK (server <> ''),
      url text NOT NULL CHECK (url <> ''),
      state text NOT NULL CHECK (state IN ('watching', 'there', 'lagging')),
      at bigint NOT NULL,
      published_at bigint NOT NULL,
      deadline bigint NOT NULL,
      revision bigint,
      problem text,
      next_look_at bigint,
      PRIMARY KEY (deploy_id, server),
      CHECK (deadline > published_at),
      CHECK (state <> 'there' OR (next_look_at IS NULL AND revision IS NOT NULL))
    )`.execute(db);
  await sql`
    CREATE INDEX publications_watched ON stratobot.publications (deploy_id) WHERE next_look_at IS NOT NULL
    `.execute(db);

  const confirmation = '$.confirmation.by > "" && $.confirmation.source > "" && $.confirmation.at >= 0';
  const states = [
    '$.kind == "asked"',
    '$.kind == "lapsed" && $.at >= 0',
    `$.kind == "confirmed" && ${confirmation}`,
    `$.kind == "running" && ${confirmation}`,
    `$.kind == "done" && ${confirmation} && $.at >= 0 && $.revision >= 0`,
    `$.kind == "failed" && ${confirmation} && $.at >= 0 && $.reason > ""`,
  ];
  await sql`
    CREATE TABLE stratobot.rollbacks (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      deploy_id bigint NOT NULL REFERENCES stratobot.deploys,
      repository text NOT NULL CHECK (repository <> ''),
      from_revision bigint NOT NULL,
      to_revision bigint NOT NULL CHECK (to_revision >= 0 AND to_revision < from_revision),
      requested_by text NOT NULL CHECK (requested_by <> ''),
      source text NOT NULL CHECK (source <> ''),
      asked_at bigint NOT NULL,
      state jsonb NOT NULL,
      state_kind text NOT NULL GENERATED ALWAYS AS (state ->> 'kind') STORED,
      UNIQUE (source, deploy_id),
      CONSTRAINT rollbacks_evidence CHECK (
        (state @@ ${sql.lit(states.map((state) => `(${state})`).join(' || '))}::jsonpath) IS TRUE
      ),
      CONSTRAINT rollbacks_four_eyes CHECK (
        lower(coalesce(state #>> '{confirmation,by}', '')) <> lower(requested_by)
      )
    )`.execute(db);
  await sql`
    CREATE UNIQUE INDEX rollbacks_one_under_way ON stratobot.rollbacks (deploy_id)
      WHERE state_kind IN ('asked', 'confirmed', 'running')`.execute(db);

  // One more state beside those that the constraint knows already, whichever migration wrote it last.
  const rolledBack =
    '$.kind == "rolled-back" && $.at >= 0 && $.pullRequest > 0 && $.commit > "" && $.from > 0 && ' +
    '$.to >= 0 && $.revision > 0 && $.requestedBy > "" && $.confirmedBy > ""';
  await sql`
    DO $do$
    DECLARE known text;
    BEGIN
      SELECT pg_get_expr(conbin, conrelid) INTO STRICT known FROM pg_constraint
        WHERE conname = 'deploys_evidence' AND conrelid = 'stratobot.deploys'::regclass;
      ALTER TABLE stratobot.deploys DROP CONSTRAINT deploys_evidence;
      EXECUTE format(
        'ALTER TABLE stratobot.deploys ADD CONSTRAINT deploys_evidence CHECK ((%s) OR (state @@ %L::jsonpath) IS TRUE)',
        known, ${sql.lit(rolledBack)}
      );
    END $do$`.execute(db);
}
