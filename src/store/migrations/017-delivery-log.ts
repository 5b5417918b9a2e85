import { type Kysely, sql } from 'kysely';

/**
 * How far GitHub's log of deliveries was read, unix ms: one row, or none before the first round. A bot that has lived already
 * goes on from the newest webhook it has.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE stratobot.delivery_log (
      one boolean PRIMARY KEY DEFAULT true CHECK (one),
      read_to bigint NOT NULL
    )`.execute(db);
  await sql`
    INSERT INTO stratobot.delivery_log (read_to)
      SELECT max(received_at) FROM stratobot.deliveries HAVING max(received_at) IS NOT NULL`.execute(db);
}
