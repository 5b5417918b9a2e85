import { type Kysely, sql } from 'kysely';
import type { BuildState } from '../domain/build.ts';
import type { Remains } from '../ports/remains.ts';
import type { Tables } from './schema.ts';

const ENDED = ['succeeded', 'failed', 'cancelled'] as const;

/** What ended builds left on nodes and in the data folder. */
export function remains(db: Kysely<Tables>): Remains {
  return {
    async directories(pool, { failed, others }) {
      const rows = await db
        .selectFrom('builds')
        .distinctOn('node')
        .select(['id', 'node'])
        .where('cleared_at', 'is', null)
        .where('state_kind', 'in', ENDED)
        .where(sql<boolean>`split_part(node, '/', 1) = ${pool}`)
        .where((is) =>
          is.or([
            is.and([is('state_kind', '=', 'failed'), is('moved_at', '<', failed)]),
            is.and([is('state_kind', '<>', 'failed'), is('moved_at', '<', others)]),
          ]),
        )
        .orderBy('node')
        .orderBy('moved_at')
        .execute();
      return rows.flatMap(({ id, node }) => (node === null ? [] : [{ buildId: id, node }]));
    },
    async strays(endedBefore) {
      const rows = await db
        .selectFrom('builds')
        .select(['id', 'strays'])
        .where(sql<boolean>`strays <> '[]'`)
        .where('state_kind', 'in', ENDED)
        .where('moved_at', '<', endedBefore)
        .orderBy('id')
        .execute();
      return rows.flatMap(({ id, strays }) => strays.map((node) => ({ buildId: id, node })));
    },
    async strayCleared(buildId, node) {
      await db
        .updateTable('builds')
        .set({ strays: sql`strays - ${node}::text` })
        .where('id', '=', buildId)
        .execute();
    },
    async cleared(buildId, at) {
      await db.updateTable('builds').set({ cleared_at: at }).where('id', '=', buildId).execute();
    },
    async logs(before, limit) {
      const rows = await db
        .selectFrom('builds')
        .select(['id', 'request_id', 'moved_at'])
        .where('log_kept_at', 'is', null)
        .where('state_kind', 'in', ENDED)
        .where('node', 'is not', null)
        .where('moved_at', '<', before)
        .orderBy('moved_at')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ buildId: row.id, requestId: row.request_id, endedAt: row.moved_at }));
    },
    async logKept(buildId, key, at) {
      const kept = { log_key: key, log_kept_at: at };
      await db.updateTable('builds').set(kept).where('id', '=', buildId).execute();
    },
    async logKey(buildId) {
      const row = await db
        .selectFrom('builds')
        .select('log_key')
        .where('id', '=', buildId)
        .executeTakeFirst();
      return row?.log_key ?? null;
    },
  };
}

/** The node a state names, if it names one: kept beside it, for a build that ends may forget where it ran. */
export function nodeOf(state: BuildState): string | null {
  if ('node' in state) return state.node;
  return 'handle' in state ? (state.handle?.node ?? null) : null;
}
