import type { Kysely } from 'kysely';

/** What the pull request of a request does to the software of the stack, as it was understood when it was asked for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('requests').addColumn('software', 'jsonb').execute();
}
