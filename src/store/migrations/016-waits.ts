import { type Kysely, sql } from 'kysely';

/** Commands that wait for another pull request to be published. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    CREATE TABLE stratobot.waits (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      repo text NOT NULL,
      pull_request integer NOT NULL,
      after integer NOT NULL,
      head_sha text NOT NULL,
      requested_by text NOT NULL,
      command text NOT NULL,
      source text NOT NULL UNIQUE,
      asked_at bigint NOT NULL,
      state text NOT NULL CHECK (state IN ('waiting', 'started', 'cancelled', 'refused')),
      CHECK (after <> pull_request)
    )`.execute(db);
  await sql`CREATE INDEX waits_waiting ON stratobot.waits (repo, after) WHERE state = 'waiting'`.execute(db);
}
