import { type Kysely, sql } from 'kysely';

/**
 * A build knows all pools that may build it, and which node it was given and why: a build that left the queue for a node
 * has a placement, and its state names the same node.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.builds
      ADD COLUMN pools jsonb,
      ADD COLUMN placement jsonb,
      ADD COLUMN priority jsonb`.execute(db);
  await sql`
    UPDATE stratobot.builds SET
      pools = jsonb_build_array(pool),
      placement = CASE WHEN coalesce(state ->> 'node', state #>> '{handle,node}') IS NOT NULL THEN jsonb_build_object(
        'pool', pool,
        'node', coalesce(state ->> 'node', state #>> '{handle,node}'),
        'reason', 'the first pool of the configuration that could build it',
        'at', coalesce((state ->> 'startedAt')::bigint, moved_at)
      ) END`.execute(db);
  await sql`
    ALTER TABLE stratobot.builds
      DROP COLUMN pool,
      ALTER COLUMN pools SET NOT NULL,
      ADD CONSTRAINT builds_pools CHECK (
        (pools @@ 'exists($[0]) && !exists($[*] ? (!(@ > "")))'::jsonpath) IS TRUE
      ),
      ADD CONSTRAINT builds_priority CHECK (
        priority IS NULL OR (priority @@ '$.by > "" && $.at >= 0'::jsonpath) IS TRUE
      ),
      ADD CONSTRAINT builds_placement CHECK (
        placement IS NULL
        OR (placement @@ '$.pool > "" && $.node > "" && $.reason > "" && $.at >= 0'::jsonpath) IS TRUE
      ),
      ADD CONSTRAINT builds_placed CHECK (
        CASE
          WHEN state ->> 'kind' = 'queued' THEN placement IS NULL
          WHEN coalesce(state ->> 'node', state #>> '{handle,node}') IS NULL THEN true
          ELSE (placement ->> 'node' = coalesce(state ->> 'node', state #>> '{handle,node}')) IS TRUE
        END
      )`.execute(db);
}
