import type { Kysely } from 'kysely';

/** The key that signed an artifact, `SHA256:…`; null where it is not signed, or was stored before this was written down. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema('stratobot').alterTable('artifacts').addColumn('signer', 'text').execute();
}
