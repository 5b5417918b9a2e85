import { type Kysely, sql } from 'kysely';

/** Which `bot: cancel` called a waiting command off: asked again by the same one, the answer is the same. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`ALTER TABLE stratobot.waits ADD COLUMN called_off_by text`.execute(db);
}
