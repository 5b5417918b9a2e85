import { type Kysely, sql } from 'kysely';
import type { Deliveries, Delivery, NewDelivery } from '../ports/records.ts';
import type { Tables } from './schema.ts';

/** What is left of a payload, as JSON. */
const DROPPED = 'null';
/** `\\` and `\uXXXX` in JSON text: without them it is JSON still, and none that PostgreSQL cannot turn into text (U+0000). */
const ESCAPES = String.raw`\\(\\|u[0-9a-fA-F]{4})`;

/** Between GitHub's clock and the bot's, ms. */
const CLOCKS_DIFFER_MS = 2 * 60_000;

/** Webhooks as they came. A payload is kept as JSON text: it may hold U+0000, which jsonb refuses. */
export function deliveries(db: Kysely<Tables>): Deliveries {
  return {
    async record({ payload, ...delivery }) {
      const recorded = await recordAll(db, [{ ...delivery, body: JSON.stringify(payload) }]);
      return recorded.size === 1 ? 'new' : 'known';
    },
    recordAll: (all) => recordAll(db, all),
    async get(guid) {
      const row = await db.selectFrom('deliveries').selectAll().where('guid', '=', guid).executeTakeFirst();
      return row ? toDelivery(row) : null;
    },
    async begin(guid) {
      const row = await db
        .updateTable('deliveries')
        .set((column) => ({ attempts: column('attempts', '+', 1) }))
        .where('guid', '=', guid)
        .where('state', '=', 'received')
        .returningAll()
        .executeTakeFirst();
      return row ? toDelivery(row) : null;
    },
    async finish(guid, state, detail) {
      await db
        .updateTable('deliveries')
        .set({ state, detail })
        .where('guid', '=', guid)
        .where('state', '<>', 'done')
        .execute();
    },
    async forget({ payloadsBefore, guidsBefore }, limit) {
      const finished = (before: number) =>
        db
          .selectFrom('deliveries')
          .select('guid')
          .where('state', '<>', 'received')
          .where('received_at', '<', before)
          .limit(limit);
      // By its length a payload is told without being read: it lies outside of the row.
      const kept = finished(payloadsBefore).where(sql<boolean>`octet_length(payload) > ${DROPPED.length}`);
      const dropped = await db
        .updateTable('deliveries')
        .set({ payload: DROPPED })
        .where('guid', 'in', kept)
        .executeTakeFirst();
      const removed = await db
        .deleteFrom('deliveries')
        .where('guid', 'in', finished(guidsBefore))
        .executeTakeFirst();
      return Number(dropped.numUpdatedRows + removed.numDeletedRows);
    },
    async unfinished(before) {
      const rows = await db
        .selectFrom('deliveries')
        .select('guid')
        .where('state', '=', 'received')
        .where('received_at', '<', before)
        .orderBy('received_at')
        .execute();
      return rows.map((row) => row.guid);
    },
    async known(guids) {
      if (guids.length === 0) return new Set();
      const rows = await db
        .selectFrom('deliveries')
        .select('guid')
        .where(sql<boolean>`guid = ANY(${guids})`)
        .execute();
      return new Set(rows.map((row) => row.guid));
    },
    async commentsSeen(ids, since) {
      if (ids.length === 0) return new Set();
      const { rows } = await sql<{ id: string }>`
        SELECT sent->'comment'->>'id' AS id FROM (
          SELECT regexp_replace(payload, ${ESCAPES}, '', 'g')::json AS sent FROM stratobot.deliveries
            WHERE event = 'issue_comment' AND received_at >= ${since}
        ) AS told WHERE sent->>'action' = 'created'
        UNION SELECT split_part(key, ':', 3) FROM stratobot.postings
          WHERE key = ANY(${ids.flatMap((id) => [`reply:comment:${id}`, `edited:comment:${id}`])})
        UNION SELECT split_part(source, ':', 2) FROM stratobot.requests
          WHERE source = ANY(${ids.map((id) => `comment:${id}`)})`.execute(db);
      const seen = new Set(rows.map(({ id }) => Number(id)));
      return new Set(ids.filter((id) => seen.has(id)));
    },
    async labelSeen({ repo, number, label, at }) {
      const from = at - CLOCKS_DIFFER_MS;
      const { rows } = await sql`
        SELECT 1 FROM (
          SELECT regexp_replace(payload, ${ESCAPES}, '', 'g')::json AS sent FROM stratobot.deliveries
            WHERE event = 'pull_request' AND received_at >= ${from}
        ) AS told WHERE sent->>'action' = 'labeled' AND sent->'label'->>'name' = ${label}
          AND sent->'repository'->>'full_name' = ${repo} AND sent->'pull_request'->>'number' = ${String(number)}
        UNION SELECT 1 FROM stratobot.requests WHERE repo = ${repo} AND pull_request = ${number}
          AND source LIKE 'label:%' AND created_at >= ${from}`.execute(db);
      return rows.length > 0;
    },
    async logReadTo() {
      const row = await db.selectFrom('delivery_log').select('read_to').executeTakeFirst();
      return row?.read_to ?? null;
    },
    async readLogTo(at) {
      await db
        .insertInto('delivery_log')
        .values({ read_to: at })
        .onConflict((conflict) => conflict.column('one').doUpdateSet({ read_to: at }))
        .execute();
    },
  };
}

async function recordAll(db: Kysely<Tables>, all: readonly NewDelivery[]): Promise<Set<string>> {
  if (all.length === 0) return new Set();
  // In one order everywhere: two bots that are told the same would wait for each other's rows otherwise.
  const rows = all
    .toSorted((a, b) => Number(a.guid > b.guid) - Number(a.guid < b.guid))
    .map(({ guid, event, body, receivedAt }) => sql`(${guid}, ${event}, ${body}, ${receivedAt})`);
  const recorded = await sql<{ guid: string }>`
    INSERT INTO stratobot.deliveries (guid, event, payload, received_at) VALUES ${sql.join(rows)}
      ON CONFLICT (guid) DO NOTHING RETURNING guid`.execute(db);
  return new Set(recorded.rows.map(({ guid }) => guid));
}

function toDelivery(row: {
  guid: string;
  event: string;
  payload: string;
  received_at: number;
  state: Delivery['state'];
  attempts: number;
}): Delivery {
  const payload: unknown = JSON.parse(row.payload);
  const { guid, event, state, attempts } = row;
  return { guid, event, payload, receivedAt: row.received_at, state, attempts };
}
