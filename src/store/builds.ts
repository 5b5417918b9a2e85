import { type Kysely, type Selectable, sql } from 'kysely';
import type { Build, BuildStateKind } from '../domain/build.ts';
import type { EndedTry } from '../domain/placement.ts';
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
    async underWayOf(person, butOf) {
      const { n } = await db
        .selectFrom('builds')
        .innerJoin('requests', 'requests.id', 'builds.request_id')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .where('builds.state_kind', 'not in', ['succeeded', 'failed', 'cancelled'])
        .where(sql`lower(requests.requested_by)`, '=', person.toLowerCase())
        .where('requests.source', '<>', butOf)
        .executeTakeFirstOrThrow();
      return Number(n);
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
    async underWay() {
      const rows = await db
        .selectFrom('builds')
        .innerJoin('requests', 'requests.id', 'builds.request_id')
        .selectAll('builds')
        .select(['requests.repo', 'requests.pull_request'])
        .where('state_kind', 'in', UNDER_WAY)
        .orderBy('builds.id')
        .execute();
      return rows.map((row) => ({ build: toBuild(row), pull: `${row.repo}#${row.pull_request}` }));
    },
    endedSince: (at) => endedSince(db, at),
    async waits(id, kind, reason) {
      const { numUpdatedRows } = await db
        .updateTable('builds')
        .set({ waiting: reason })
        .where('id', '=', id)
        .where('state_kind', '=', kind)
        .where('waiting', 'is distinct from', reason)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async prioritise(id, by) {
      const mark = json({ by, at: clock.now() });
      const row = await db
        .updateTable('builds')
        .set({ priority: sql`coalesce(priority, ${mark}::jsonb)` })
        .where('id', '=', id)
        .where('state_kind', '=', 'queued')
        .returningAll()
        .executeTakeFirst();
      return row ? toBuild(row) : null;
    },
    async repeat(build, { avoid, ...retry }) {
      const at = clock.now();
      await db
        .insertInto('builds')
        .values({
          request_id: build.requestId,
          target: json(build.target),
          repository: build.repository,
          pools: json(build.pools),
          ...(build.priority === null ? {} : { priority: json(build.priority) }),
          avoid: json(avoid),
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
    async move(id, from, to, placement) {
      const node = nodeOf(to);
      const row = await db
        .updateTable('builds')
        .set({
          state: json(to),
          waiting: null,
          moved_at: clock.now(),
          ...(node === null ? {} : { node }),
          ...(placement ? { placement: json(placement) } : {}),
          ...(to.kind === 'queued' ? LEAVES_ITS_NODE : {}),
        })
        .where('id', '=', id)
        .where('state_kind', '=', from)
        .returningAll()
        .executeTakeFirst();
      return row ? toBuild(row) : null;
    },
  };
}

/** What goes back into the queue: something of it may be on that node, and is removed once the build has ended. */
const LEAVES_ITS_NODE = {
  placement: null,
  node: null,
  avoid: sql<string>`CASE WHEN placement IS NULL THEN avoid ELSE avoid || (placement -> 'node') END`,
  strays: sql<string>`CASE WHEN placement IS NULL THEN strays ELSE strays || (placement -> 'node') END`,
};

const UNDER_WAY: readonly BuildStateKind[] = ['queued', 'starting', 'running', 'cancelling', 'collecting'];

/** Only what is asked of so many rows: an excerpt of a log is not. */
async function endedSince(db: Kysely<Tables>, at: number): Promise<EndedTry[]> {
  const rows = await db
    .selectFrom('builds')
    .innerJoin('requests', 'requests.id', 'builds.request_id')
    .select(['repo', 'pull_request', 'target', 'placement', 'retry', 'builds.created_at'])
    .select(({ ref }) => [
      sql<string>`${ref('state')} ->> 'endedAt'`.as('ended_at'),
      sql<boolean>`${ref('state')} -> 'handle' ->> 'node' IS NOT NULL`.as('ran'),
      sql<EndedTry['failure']>`CASE WHEN ${ref('state_kind')} = 'failed' THEN jsonb_build_object(
        'class', ${ref('state')} #> '{failure,class}', 'code', ${ref('state')} #> '{failure,code}') END`.as(
        'failure',
      ),
    ])
    .where('state_kind', 'in', ['succeeded', 'failed'])
    .where('placement', 'is not', null)
    .where('moved_at', '>', at)
    .execute();
  return rows.flatMap(({ placement, ...row }) =>
    placement === null
      ? []
      : [
          {
            pull: `${row.repo}#${row.pull_request}`,
            pool: placement.pool,
            node: placement.node,
            target: row.target,
            since: Math.max(row.created_at, row.retry?.notBefore ?? 0),
            placedAt: placement.at,
            endedAt: Number(row.ended_at),
            ran: row.ran,
            failure: row.failure,
          },
        ],
  );
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
    pools: row.pools,
    placement: row.placement,
    exports: row.exports,
    state: row.state,
    waiting: row.waiting,
    retry: row.retry,
    priority: row.priority,
    avoid: row.avoid,
    createdAt: row.created_at,
  };
}
