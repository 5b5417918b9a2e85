import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Permanent } from '../domain/errors.ts';
import { up as first } from './migrations/001-first.ts';
import { up as placement } from './migrations/002-placement.ts';
import { up as remains } from './migrations/003-remains.ts';
import { up as severalApprovals } from './migrations/005-several-approvals.ts';
import { up as afterPublishing } from './migrations/006-after-publishing.ts';
import { up as software } from './migrations/007-software.ts';
import { up as newestHead } from './migrations/008-newest-head.ts';
import { up as auditChain } from './migrations/010-audit-chain.ts';
import { up as despiteTests } from './migrations/011-despite-tests.ts';
import { up as elsewhere } from './migrations/012-elsewhere.ts';
import { up as signer } from './migrations/013-signer.ts';
import { up as uploads } from './migrations/014-uploads.ts';
import { up as differences } from './migrations/015-differences.ts';
import { up as waits } from './migrations/016-waits.ts';
import { up as deliveryLog } from './migrations/017-delivery-log.ts';
import { up as calledOff } from './migrations/020-called-off.ts';
import { up as payloadsAsTheyAre } from './migrations/021-payloads-as-they-are.ts';
import { SCHEMA, type Tables } from './schema.ts';

/** Names are kept in the database: never rename, reorder or edit one that was released. */
const migrations: Record<string, Migration> = {
  '001-first': { up: first },
  '002-placement': { up: placement },
  '003-remains': { up: remains },
  '005-several-approvals': { up: severalApprovals },
  '006-after-publishing': { up: afterPublishing },
  '007-software': { up: software },
  '008-newest-head': { up: newestHead },
  '010-audit-chain': { up: auditChain },
  '011-despite-tests': { up: despiteTests },
  '012-elsewhere': { up: elsewhere },
  '013-signer': { up: signer },
  '014-uploads': { up: uploads },
  '015-differences': { up: differences },
  '016-waits': { up: waits },
  '017-delivery-log': { up: deliveryLog },
  '020-called-off': { up: calledOff },
  '021-payloads-as-they-are': { up: payloadsAsTheyAre },
};

/** Which migrations a database has had, by name, oldest first. */
export interface SchemaState {
  applied: string[];
  /** Ours that it has not had. */
  pending: string[];
  /** Those it has had that we do not know: a newer Stratobot's. */
  unknown: string[];
}

/** Reads and changes nothing; a database without our tables has had no migrations. */
export async function schemaState(db: Kysely<Tables>): Promise<SchemaState> {
  const found = await sql<{ there: boolean }>`
    SELECT to_regclass(${`${SCHEMA}.kysely_migration`}) IS NOT NULL AS there`.execute(db);
  const { rows } = found.rows[0]?.there
    ? await sql<{ name: string }>`
        SELECT name FROM ${sql.table(`${SCHEMA}.kysely_migration`)} ORDER BY name`.execute(db)
    : { rows: [] };
  const applied = rows.map(({ name }) => name);
  return {
    applied,
    pending: Object.keys(migrations).filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !(name in migrations)),
  };
}

export function isKnownMigration(name: string): boolean {
  return Object.hasOwn(migrations, name);
}

/** Why this Stratobot leaves a database, or a backup, alone, for whoever started it. */
export function tooNew({ unknown }: Pick<SchemaState, 'unknown'>, did = 'migrated this database'): Permanent {
  const last = Object.keys(migrations).at(-1);
  return new Permanent(
    `a newer Stratobot ${did}: its tables are as of ${unknown.at(-1)}, and this one knows them up to ${last}. ` +
      'Start the newer version, or restore a backup from before the update',
  );
}

/**
 * Brings the schema up to date, in one transaction and under a lock, so that several processes may start at once.
 * @param upTo stops after this migration; given a transaction, it becomes a part of that
 * @throws Permanent when a newer Stratobot has migrated the database; nothing is changed then
 */
export async function migrate(db: Kysely<Tables>, upTo?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: SCHEMA,
  });
  const before = await schemaState(db);
  if (before.unknown.length > 0) throw tooNew(before);
  const { error } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo));
  if (error) throw error;
}
