import type { Kysely, Selectable } from 'kysely';
import type { Artifact } from '../domain/artifact.ts';
import type { Artifacts } from '../ports/records.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Collected tarballs. */
export function artifacts(db: Kysely<Tables>): Artifacts {
  return {
    async add(artifact) {
      const row = await db
        .insertInto('artifacts')
        .values({
          build_id: artifact.buildId,
          name: artifact.name,
          sha256: artifact.sha256,
          bytes: artifact.bytes,
          key: artifact.key,
          url: artifact.url,
          overview: json(artifact.overview),
          upload: artifact.upload,
          signer: artifact.signer,
          collected_at: artifact.collectedAt,
        })
        .onConflict((conflict) => conflict.columns(['build_id', 'name']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row) return toArtifact(row);
      const first = await db
        .selectFrom('artifacts')
        .selectAll()
        .where('build_id', '=', artifact.buildId)
        .where('name', '=', artifact.name)
        .executeTakeFirstOrThrow();
      return toArtifact(first);
    },
    async ofBuild(buildId) {
      const rows = await db
        .selectFrom('artifacts')
        .selectAll()
        .where('build_id', '=', buildId)
        .orderBy('id')
        .execute();
      return rows.map(toArtifact);
    },
    async get(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom('artifacts')
        .selectAll()
        .where('id', 'in', ids)
        .orderBy('id')
        .execute();
      return rows.map(toArtifact);
    },
  };
}

function toArtifact(row: Selectable<Tables['artifacts']>): Artifact {
  return {
    id: row.id,
    buildId: row.build_id,
    name: row.name,
    sha256: row.sha256,
    bytes: row.bytes,
    key: row.key,
    url: row.url,
    overview: row.overview,
    upload: row.upload,
    signer: row.signer,
    collectedAt: row.collected_at,
  };
}
