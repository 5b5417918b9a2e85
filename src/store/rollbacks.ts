import type { Kysely, Selectable } from 'kysely';
import { Retryable } from '../domain/errors.ts';
import type { Rollback } from '../domain/rollback.ts';
import type { Rollbacks } from '../ports/records.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Askings to take a deploy back, and what became of them. */
export function rollbacks(db: Kysely<Tables>): Rollbacks {
  const select = () => db.selectFrom('rollbacks').selectAll();
  return {
    async ask({ deployId, repository, from, to, requestedBy, source, askedAt }) {
      const row = {
        deploy_id: deployId,
        repository,
        from_revision: from,
        to_revision: to,
        requested_by: requestedBy,
        source,
        asked_at: askedAt,
        state: json({ kind: 'asked' }),
      };
      const made = await db
        .insertInto('rollbacks')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (made) return { rollback: toRollback(made), created: true };
      const known =
        (await select().where('source', '=', source).where('deploy_id', '=', deployId).executeTakeFirst()) ??
        (await select()
          .where('deploy_id', '=', deployId)
          .where('state_kind', 'in', ['asked', 'confirmed', 'running'])
          .executeTakeFirst());
      if (known) return { rollback: toRollback(known), created: false };
      throw new Retryable('the rollback that was under way has ended just now');
    },
    async get(id) {
      const row = await select().where('id', '=', id).executeTakeFirst();
      return row ? toRollback(row) : null;
    },
    async ofDeploy(deployId) {
      return (await select().where('deploy_id', '=', deployId).orderBy('id').execute()).map(toRollback);
    },
    async underWay() {
      return (await select().where('state_kind', 'in', ['confirmed', 'running']).orderBy('id').execute()).map(
        toRollback,
      );
    },
    async move(id, from, to) {
      const row = await db
        .updateTable('rollbacks')
        .set({ state: json(to) })
        .where('id', '=', id)
        .where('state_kind', '=', from)
        .returningAll()
        .executeTakeFirst();
      return row ? toRollback(row) : null;
    },
  };
}

function toRollback(row: Selectable<Tables['rollbacks']>): Rollback {
  return {
    id: row.id,
    deployId: row.deploy_id,
    repository: row.repository,
    from: row.from_revision,
    to: row.to_revision,
    requestedBy: row.requested_by,
    source: row.source,
    askedAt: row.asked_at,
    state: row.state,
  };
}
