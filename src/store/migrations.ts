import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { up as first } from './migrations/001-first.ts';
import { up as placement } from './migrations/002-placement.ts';
import { up as remains } from './migrations/003-remains.ts';
import { up as severalApprovals } from './migrations/005-several-approvals.ts';
import { up as afterPublishing } from './migrations/006-after-publishing.ts';
import { up as software } from './migrations/007-software.ts';
import { up as newestHead } from './migrations/008-newest-head.ts';
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
};

/**
 * Brings the schema up to date, in one transaction and under a lock, so that several processes may start at once.
 * A database that a newer Stratobot has migrated is refused.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: SCHEMA,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
