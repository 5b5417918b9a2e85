import type { Kysely } from 'kysely';
import type { Log } from '../ports/basics.ts';
import type { Audit } from '../ports/records.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Who did what, and on which evidence; the database chains the lines and refuses to change or delete one. */
export function audit(db: Kysely<Tables>, log: Log): Audit {
  return {
    async append({ evidence, ...line }) {
      const { id, hash } = await db
        .insertInto('audit')
        .values({ ...line, evidence: json(evidence) })
        .returning(['id', 'hash'])
        .executeTakeFirstOrThrow();
      // Logs are kept elsewhere: whoever cuts lines off the end has to mend these as well.
      log.info({ line: id, hash }, 'audit line written');
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
