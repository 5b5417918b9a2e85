import type { Kysely } from 'kysely';

/** Who wanted a deploy despite failed tests, and why; null where no test failed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deploys').addColumn('despite_tests', 'jsonb').execute();
}
