import { type Kysely, sql } from 'kysely';
import type { Uploads } from '../ports/uploads.ts';
import type { Tables } from './schema.ts';

/** Two artifacts are of a kind when their names differ in nothing but the time and the compression at their end. */
const kind = (name: string) => sql`regexp_replace(${sql.ref(name)}, '-[0-9]{10,11}[.]tar[.](zst|gz)$', '')`;

/** Same pull request, target, repository target and kind: the rows `a`, `b`, `r` and `other`, `ob`, `or_`. */
const samePlace = sql`
  or_.repo = r.repo AND or_.pull_request = r.pull_request AND ob.target = b.target
  AND ob.repository = b.repository AND ${kind('other.name')} = ${kind('a.name')}`;

/** Which artifacts are to be in the store. */
export function uploads(db: Kysely<Tables>): Uploads {
  return {
    async hasOther(buildId, name) {
      const { rows } = await sql`
        SELECT 1
        FROM stratobot.builds b
          JOIN stratobot.requests r ON r.id = b.request_id
          CROSS JOIN (SELECT ${name}::text AS name) a
          JOIN stratobot.requests or_ ON or_.repo = r.repo AND or_.pull_request = r.pull_request
          JOIN stratobot.builds ob ON ob.request_id = or_.id
          JOIN stratobot.artifacts other ON other.build_id = ob.id
        WHERE b.id = ${buildId} AND ob.id <> b.id AND ob.state_kind <> 'failed' AND other.upload = 'stored'
          AND ${samePlace}
        LIMIT 1`.execute(db);
      return rows.length > 0;
    },
    async removeOlder(repo, movedSince, at) {
      await db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ id: number; newer: number }>`
          WITH moved AS (
            SELECT r.pull_request FROM stratobot.builds b JOIN stratobot.requests r ON r.id = b.request_id
              WHERE r.repo = ${repo} AND b.moved_at > ${movedSince}
            UNION
            SELECT pull_request FROM stratobot.deploys WHERE repo = ${repo} AND moved_at > ${movedSince}
          )
          SELECT a.id, newest.id AS newer
          FROM stratobot.artifacts a
            JOIN stratobot.builds b ON b.id = a.build_id
            JOIN stratobot.requests r ON r.id = b.request_id
            CROSS JOIN LATERAL (
              SELECT other.id
              FROM stratobot.requests or_
                JOIN stratobot.builds ob ON ob.request_id = or_.id
                JOIN stratobot.artifacts other ON other.build_id = ob.id
              WHERE ob.id > b.id AND ob.state_kind = 'succeeded' AND other.upload = 'stored' AND ${samePlace}
              ORDER BY ob.id DESC LIMIT 1
            ) newest
          WHERE r.repo = ${repo} AND r.pull_request IN (SELECT pull_request FROM moved)
            AND a.upload = 'stored' AND b.state_kind <> 'collecting'
          ORDER BY a.id
          FOR UPDATE OF a`.execute(tx);
        // A statement of its own: it sees the deploys that were made while this one waited for the rows.
        for (const { id, newer } of rows) {
          await sql`
            UPDATE stratobot.artifacts SET upload = 'removed', removed_at = ${at}, removed_for = ${newer}
            WHERE id = ${id} AND NOT EXISTS (
              SELECT 1 FROM stratobot.deploys
              WHERE repo = ${repo} AND state_kind IN ('preparing', 'open', 'approved', 'ingesting')
                AND artifacts @> jsonb_build_array(jsonb_build_object('artifactId', ${id}::bigint))
            )`.execute(tx);
        }
      });
    },
    async toErase() {
      const { rows } = await sql<{ id: number; requestId: number; key: string | null }>`
        SELECT a.id, b.request_id AS "requestId",
          CASE WHEN NOT EXISTS (
            SELECT 1 FROM stratobot.artifacts other WHERE other.key = a.key AND other.upload = 'stored'
          ) THEN a.key END AS key
        FROM stratobot.artifacts a JOIN stratobot.builds b ON b.id = a.build_id
        WHERE a.upload = 'removed' AND a.erased_at IS NULL
        ORDER BY a.id`.execute(db);
      return rows;
    },
    async erased(id, at) {
      await db.updateTable('artifacts').set({ erased_at: at }).where('id', '=', id).execute();
    },
  };
}
