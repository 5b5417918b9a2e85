import type { Kysely, Selectable } from 'kysely';
import type { Wait } from '../domain/wait.ts';
import type { Waits } from '../ports/waits.ts';
import type { Tables } from './schema.ts';

/** Commands that wait for another pull request. */
export function waits(db: Kysely<Tables>): Waits {
  return {
    async begin({ repo, pullRequest, after, headSha, by, command, source, askedAt }) {
      await db
        .insertInto('waits')
        .values({
          ...{ repo, after, command, source, state: 'waiting' },
          ...{ pull_request: pullRequest, head_sha: headSha, requested_by: by, asked_at: askedAt },
        })
        .onConflict((conflict) => conflict.column('source').doNothing())
        .execute();
    },
    async get(id) {
      const row = await db.selectFrom('waits').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toWait(row) : null;
    },
    async waiting() {
      const rows = await db
        .selectFrom('waits')
        .selectAll()
        .where('state', '=', 'waiting')
        .orderBy('id')
        .execute();
      return rows.map(toWait);
    },
    async end(id, state) {
      const row = await db
        .updateTable('waits')
        .set({ state })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    async callOff(repo, pullRequest, source) {
      await db
        .updateTable('waits')
        .set({ state: 'cancelled', called_off_by: source })
        .where('repo', '=', repo)
        .where('pull_request', '=', pullRequest)
        .where('state', '=', 'waiting')
        .execute();
      const rows = await db
        .selectFrom('waits')
        .selectAll()
        .where('called_off_by', '=', source)
        .orderBy('id')
        .execute();
      return rows.map(toWait);
    },
  };
}

function toWait(row: Selectable<Tables['waits']>): Wait {
  return {
    id: row.id,
    repo: row.repo,
    pullRequest: row.pull_request,
    after: row.after,
    headSha: row.head_sha,
    by: row.requested_by,
    command: row.command,
    source: row.source,
    askedAt: row.asked_at,
    state: row.state,
  };
}
