import type { Kysely, Selectable } from 'kysely';
import type { Posting, Postings } from '../ports/records.ts';
import type { Tables } from './schema.ts';

/** What the bot writes on GitHub. */
export function postings(db: Kysely<Tables>): Postings {
  const get = async (key: string): Promise<Posting | null> => {
    const row = await db.selectFrom('postings').selectAll().where('key', '=', key).executeTakeFirst();
    return row ? toPosting(row) : null;
  };
  const update = async (key: string, values: Partial<Selectable<Omit<Tables['postings'], 'id'>>>) => {
    await db
      .updateTable('postings')
      .set(values)
      .where('key', '=', key)
      .returning('id')
      .executeTakeFirstOrThrow(() => new Error(`there is no posting ${key}`));
  };

  return {
    get,
    async ensure({ key, repo, number, body }) {
      const row = await db
        .insertInto('postings')
        .values({ key, repo, number, body })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .returningAll()
        .executeTakeFirst();
      const posting = row ? toPosting(row) : await get(key);
      if (posting === null) throw new Error(`there is no posting ${key}`);
      return posting;
    },
    attempt: (key, at) => update(key, { attempted_at: at }),
    written: (key, remoteId, hash, at) =>
      update(key, { remote_id: remoteId, written_hash: hash, written_at: at }),
    async unwritten() {
      const rows = await db
        .selectFrom('postings')
        .selectAll()
        .where('body', 'is not', null)
        .where('written_hash', 'is', null)
        .orderBy('id')
        .execute();
      return rows.map(toPosting);
    },
  };
}

function toPosting(row: Selectable<Tables['postings']>): Posting {
  return {
    key: row.key,
    repo: row.repo,
    number: row.number,
    remoteId: row.remote_id,
    attemptedAt: row.attempted_at,
    writtenHash: row.written_hash,
    writtenAt: row.written_at,
    body: row.body,
  };
}
