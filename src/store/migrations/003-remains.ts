import { type Kysely, sql } from 'kysely';

/** What builds leave behind, on nodes and in the data folder, and what became of it. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.builds
      ADD COLUMN node text,
      ADD COLUMN cleared_at bigint,
      ADD COLUMN log_kept_at bigint,
      ADD COLUMN log_key text,
      ADD CONSTRAINT builds_log_kept CHECK (log_key IS NULL OR log_kept_at IS NOT NULL)`.execute(db);
  await sql`
    UPDATE stratobot.builds SET node = coalesce(state ->> 'node', state #>> '{handle,node}')`.execute(db);
  await sql`
    CREATE INDEX builds_not_cleared ON stratobot.builds (node, moved_at)
      WHERE cleared_at IS NULL AND state_kind IN ('succeeded', 'failed', 'cancelled')`.execute(db);
  await sql`
    CREATE INDEX builds_log_not_kept ON stratobot.builds (moved_at)
      WHERE log_kept_at IS NULL AND state_kind IN ('succeeded', 'failed', 'cancelled')`.execute(db);
}
