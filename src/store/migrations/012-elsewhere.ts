import { type Kysely, sql } from 'kysely';

/**
 * A build knows every node it had better stay away from, not only that of the try before it; and the nodes that were
 * silent when it was to start there, where a job may have been left.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.builds
      ADD COLUMN avoid jsonb NOT NULL DEFAULT '[]',
      ADD COLUMN strays jsonb NOT NULL DEFAULT '[]',
      ADD CONSTRAINT builds_avoid CHECK (
        (avoid @@ '$.type() == "array" && !exists($[*] ? (!(@ > "")))'::jsonpath) IS TRUE
      ),
      ADD CONSTRAINT builds_strays CHECK (
        (strays @@ '$.type() == "array" && !exists($[*] ? (!(@ > "")))'::jsonpath) IS TRUE
      )`.execute(db);
  await sql`
    UPDATE stratobot.builds SET
      avoid = CASE WHEN retry ->> 'avoidNode' > '' THEN jsonb_build_array(retry ->> 'avoidNode') ELSE '[]' END,
      retry = retry - 'avoidNode'
    WHERE retry IS NOT NULL`.execute(db);
  await sql`CREATE INDEX builds_strays ON stratobot.builds (id) WHERE strays <> '[]'`.execute(db);
}
