import type { Kysely } from 'kysely';
import type { Audit } from '../ports/records.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Who did what, and on which evidence; the database refuses to change or delete a line. */
export function audit(db: Kysely<Tables>): Audit {
  return {
    async append({ evidence, ...line }) {
      await db
        .insertInto('audit')
        .values({ ...line, evidence: json(evidence) })
        .execute();
    },
    list: (subject) =>
      db
        .selectFrom('audit')
        .select(['at', 'actor', 'action', 'evidence'])
        .where('subject', '=', subject)
        .orderBy('id')
        .execute(),
  };
}
