import type { Kysely } from 'kysely';
import type { PullHeads } from '../ports/records.ts';
import type { Tables } from './schema.ts';

/** When a commit became the head of a pull request. */
export function heads(db: Kysely<Tables>): PullHeads {
  return {
    async saw({ repo, number, sha, movedAt, at }) {
      await db
        .insertInto('heads')
        .values({ repo, number, sha, moved_at: movedAt, seen_at: at })
        .onConflict((conflict) =>
          conflict
            .columns(['repo', 'number', 'sha'])
            .doUpdateSet({ seen_at: at, arrived: (update) => update.ref('excluded.arrived') })
            .where('heads.seen_at', '<', at),
        )
        .execute();
    },
    async movedAt(repo, number, sha) {
      const row = await db
        .selectFrom('heads')
        .select('moved_at')
        .where('repo', '=', repo)
        .where('number', '=', number)
        .where('sha', '=', sha)
        .executeTakeFirst();
      return row?.moved_at;
    },
    async newest(repo, number) {
      const row = await db
        .selectFrom('heads')
        .select('sha')
        .where('repo', '=', repo)
        .where('number', '=', number)
        .orderBy('seen_at', 'desc')
        .orderBy('arrived', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.sha ?? null;
    },
  };
}
