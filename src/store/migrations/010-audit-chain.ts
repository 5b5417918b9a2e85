import { type Kysely, sql } from 'kysely';

/**
 * The audit log becomes a chain: each line has the hash of the line before it in its own hash, so that nobody changes,
 * removes or inserts one without every later line saying so. The database makes the chain, so that whoever appends, with psql
 * as well, adds to its end; `prev_hash` is unique, so it cannot fork. Lines are numbered without gaps from here on.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    ALTER TABLE stratobot.audit
      ADD COLUMN prev_hash text,
      ADD COLUMN hash text,
      ALTER COLUMN id DROP IDENTITY`.execute(db);
  // Netstrings: no two lines of different content give the same bytes. jsonb gives one text for one document.
  await sql`
    CREATE FUNCTION stratobot.audit_hash(line stratobot.audit) RETURNS text LANGUAGE sql IMMUTABLE AS $$
      SELECT encode(sha256(string_agg(
        convert_to(octet_length(convert_to(part, 'UTF8')) || ':' || part || ',', 'UTF8'), ''::bytea ORDER BY number)), 'hex')
      FROM unnest(ARRAY[line.id::text, line.at::text, line.actor, line.action, line.subject,
        line.evidence::text, line.prev_hash]) WITH ORDINALITY AS parts(part, number)
    $$`.execute(db);
  await sql`
    CREATE FUNCTION stratobot.audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE newest record;
      BEGIN
        -- Held until the transaction ends: the next line waits for this one to be there, or not.
        PERFORM pg_advisory_xact_lock(hashtextextended('stratobot:audit', 0));
        SELECT id, hash INTO newest FROM stratobot.audit ORDER BY id DESC LIMIT 1;
        NEW.id := coalesce(newest.id, 0) + 1;
        NEW.prev_hash := coalesce(newest.hash, '');
        NEW.hash := stratobot.audit_hash(NEW);
        RETURN NEW;
      END
    $$`.execute(db);

  await sql`ALTER TABLE stratobot.audit DISABLE TRIGGER audit_is_append_only`.execute(db);
  await sql`
    DO $$
    DECLARE line stratobot.audit; newest text := '';
    BEGIN
      FOR line IN SELECT * FROM stratobot.audit ORDER BY id LOOP
        line.prev_hash := newest;
        newest := stratobot.audit_hash(line);
        UPDATE stratobot.audit SET prev_hash = line.prev_hash, hash = newest WHERE id = line.id;
      END LOOP;
    END $$`.execute(db);
  await sql`ALTER TABLE stratobot.audit ENABLE TRIGGER audit_is_append_only`.execute(db);

  await sql`
    ALTER TABLE stratobot.audit
      ALTER COLUMN prev_hash SET NOT NULL,
      ALTER COLUMN hash SET NOT NULL,
      ADD CONSTRAINT audit_does_not_fork UNIQUE (prev_hash)`.execute(db);
  await sql`
    CREATE TRIGGER audit_chain BEFORE INSERT ON stratobot.audit
      FOR EACH ROW EXECUTE FUNCTION stratobot.audit_chain()`.execute(db);
}
