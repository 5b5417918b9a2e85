import { type Kysely, sql } from 'kysely';

/**
 * Artifacts that are not in the store: those that a newer one took the place of (they are removed from the store after the
 * row says so), and those that were never uploaded.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.artifacts
      ADD COLUMN upload text NOT NULL DEFAULT 'stored' CHECK (upload IN ('stored', 'removed', 'once', 'none')),
      ADD COLUMN removed_at bigint,
      ADD COLUMN removed_for bigint REFERENCES stratobot.artifacts,
      ADD COLUMN erased_at bigint,
      ADD CONSTRAINT artifacts_removed CHECK (
        (upload = 'removed') = (removed_at IS NOT NULL) AND (removed_at IS NULL) = (removed_for IS NULL)
        AND (erased_at IS NULL OR removed_at IS NOT NULL)
      )`.execute(db);
  await sql`
    CREATE INDEX artifacts_to_erase ON stratobot.artifacts (id) WHERE upload = 'removed' AND erased_at IS NULL
    `.execute(db);
  await sql`CREATE INDEX artifacts_by_key ON stratobot.artifacts (key)`.execute(db);
}
