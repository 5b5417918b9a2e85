import type { Insertable, Kysely, Selectable } from 'kysely';
import type { MirrorWatch } from '../domain/publication.ts';
import type { Publications } from '../ports/records.ts';
import type { Tables } from './schema.ts';

/** Which Stratum 1 server has which deploy's revision. */
export function publications(db: Kysely<Tables>): Publications {
  return {
    async begin(watches) {
      if (watches.length === 0) return;
      await db
        .insertInto('publications')
        .values(watches.map(toRow))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async ofDeploy(deployId) {
      const rows = await db
        .selectFrom('publications')
        .selectAll()
        .where('deploy_id', '=', deployId)
        .orderBy('server')
        .execute();
      return rows.map(toWatch);
    },
    async looked(watch) {
      const { deploy_id, server, ...values } = toRow(watch);
      await db
        .updateTable('publications')
        .set(values)
        .where('deploy_id', '=', deploy_id)
        .where('server', '=', server)
        .execute();
    },
    async watched() {
      const rows = await db
        .selectFrom('publications')
        .select('deploy_id')
        .distinct()
        .where('next_look_at', 'is not', null)
        .orderBy('deploy_id')
        .execute();
      return rows.map((row) => row.deploy_id);
    },
  };
}

function toRow(watch: MirrorWatch): Insertable<Tables['publications']> {
  const { deployId, publishedAt, nextLookAt, ...same } = watch;
  return { ...same, deploy_id: deployId, published_at: publishedAt, next_look_at: nextLookAt };
}

function toWatch(row: Selectable<Tables['publications']>): MirrorWatch {
  const { deploy_id, published_at, next_look_at, ...same } = row;
  return { ...same, deployId: deploy_id, publishedAt: published_at, nextLookAt: next_look_at };
}
