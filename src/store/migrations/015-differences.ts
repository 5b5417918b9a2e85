import type { Kysely } from 'kysely';
import { sql } from 'kysely';

/** What a deploy would change in its repository, and who asked for the larger deploys that it is left of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.deploys
      ADD COLUMN differences jsonb,
      ADD COLUMN earlier_askers jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(earlier_askers) = 'array')
    `.execute(db);
}
