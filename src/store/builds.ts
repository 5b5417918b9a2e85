import { type Kysely, type Selectable, sql } from 'kysely';
import type { Build } from '../domain/build.ts';
import type { Target } from '../domain/target.ts';
import type { Clock } from '../ports/basics.ts';
import type { Builds } from '../ports/records.ts';
import { nodeOf } from './remains.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Builds; they are made by requests.create. */
export function builds(db: Kysely<Tables>, clock: Clock): Builds {
  return {
    async get(id) {
      const row = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toBuild(row) : null;
    },
    ofRequest: (requestId) => buildsOf(db, requestId),
    async inState(kinds) {
      if (kinds.length === 0) return [];
      const rows = await db
        .selectFrom('builds')
        .selectAll()
        .where('state_kind', 'in', kinds)
        .orderBy('id')
        .execute();
      return rows.map(toBuild);
    },
    async movedSince(at) {
      const rows = await db
        .selectFrom('builds')
        .selectAll()
        .where('moved_at', '>', at)
        .orderBy('id')
        .execute();
      return rows.map(toBuild);
    },
    async durations(target, repository, limit) {
      const rows = await db
        .selectFrom('builds')
        .select('state')
        .where('state_kind', '=', 'succeeded')
        .where('target', '=', sql<Target>`${json(target)}::jsonb`)
        .where('repository', '=', repository)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.flatMap(({ state }) =>
        state.kind === 'succeeded' ? [state.endedAt - state.startedAt] : [],
      );
    },
    async waits(id, reason) {
      await db.updateTable('builds').set({ waiting: reason }).where('id', '=', id).execute();
    },
    async repeat(build, retry) {
      const at = clock.now();
      await db
        .insertInto('builds')
        .values({
          request_id: build.requestId,
          target: json(build.target),
          repository: build.repository,
          pool: build.pool,
          exports: json(build.exports),
          retry: json({ of: build.id, ...retry }),
          retry_of: build.id,
          state: json({ kind: 'queued', since: at }),
          moved_at: at,
          created_at: at,
        })
        .onConflict((conflict) => conflict.column('retry_of').doNothing())
        .execute();
      const row = await db
        .selectFrom('builds')
        .selectAll()
        .where('retry_of', '=', build.id)
        .executeTakeFirstOrThrow();
      return toBuild(row);
    },
    async move(id, from, to) {
      const node = nodeOf(to);
      const row = await db
        .updateTable('builds')
        .set({ state: json(to), moved_at: clock.now(), ...(node === null ? {} : { node }) })
        .where('id', '=', id)
        .where('state_kind', '=', from)
        .returningAll()
        .executeTakeFirst();
      return row ? toBuild(row) : null;
    },
  };
}

/** Builds of a request, in the order in which they were planned. */
export async function buildsOf(db: Kysely<Tables>, requestId: number): Promise<Build[]> {
  const rows = await db
    .selectFrom('builds')
    .selectAll()
    .where('request_id', '=', requestId)
    .orderBy('id')
    .execute();
  return rows.map(toBuild);
}

export function toBuild(row: Selectable<Tables['builds']>): Build {
  return {
    id: row.id,
    requestId: row.request_id,
    target: row.target,
    repository: row.repository,
    pool: row.pool,
    exports: row.exports,
    state: row.state,
    waiting: row.waiting,
    retry: row.retry,
    createdAt: row.created_at,
  };
}
