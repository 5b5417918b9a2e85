import type { Kysely } from 'kysely';
import type { PullHeads } from '../ports/records.ts';
import type { Tables } from './schema.ts';

/** When a commit became the head of a pull request. */
export function heads(db: Kysely<Tables>): PullHeads {
  return {
    async saw({ repo, number, sha, movedAt }) {
      await db
        .insertInto('heads')
        .values({ repo, number, sha, moved_at: movedAt })
        .onConflict((conflict) => conflict.doNothing())
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
  };
}
