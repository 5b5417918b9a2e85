import { type Kysely, sql } from 'kysely';

/** Payloads are not compressed: that cost as much as all the rest of a webhook's row, and they go after some weeks. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`ALTER TABLE stratobot.deliveries ALTER COLUMN payload SET STORAGE EXTERNAL`.execute(db);
}
