import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Deploy } from '../domain/deploy.ts';
import { Retryable } from '../domain/errors.ts';
import type { Clock } from '../ports/basics.ts';
import type { Deploys } from '../ports/records.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** States in which a deploy keeps an equal one from being made; as in the index deploys_one_open. */
const OPEN = ['preparing', 'open', 'approved', 'ingesting'] as const;

/** Deploys and the reviews they got. */
export function deploys(db: Kysely<Tables>, clock: Clock): Deploys {
  const list = async (
    where: Partial<{ repo: string; pull_request: number; staging: string; deploy_pull_request: number }>,
  ): Promise<Deploy[]> => {
    const rows = await db
      .selectFrom('deploys')
      .selectAll()
      .where((column) => column.and(where))
      .orderBy('id')
      .execute();
    return rows.map(toDeploy);
  };

  return {
    async create(deploy) {
      const made = await db.transaction().execute(async (tx) => {
        await holdArtifacts(tx, deploy);
        return insertUnlessOpen(tx, toRow(deploy));
      });
      if (made) return { deploy: toDeploy(made), created: true };
      const known = (await findAsked(db, deploy)) ?? (await findOpen(db, deploy));
      if (known) return { deploy: toDeploy(known), created: false };
      throw new Retryable('the equal deploy that was open has ended just now');
    },
    async get(id) {
      const row = await db.selectFrom('deploys').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toDeploy(row) : null;
    },
    async byPullRequest(staging, number) {
      return (await list({ staging, deploy_pull_request: number })).at(-1) ?? null;
    },
    ofPullRequest: (repo, number) => list({ repo, pull_request: number }),
    async inState(kinds) {
      if (kinds.length === 0) return [];
      const rows = await db
        .selectFrom('deploys')
        .selectAll()
        .where('state_kind', 'in', kinds)
        .orderBy('id')
        .execute();
      return rows.map(toDeploy);
    },
    async movedSince(at) {
      const rows = await db
        .selectFrom('deploys')
        .selectAll()
        .where('moved_at', '>', at)
        .orderBy('id')
        .execute();
      return rows.map(toDeploy);
    },
    async move(id, from, to) {
      const row = await db
        .updateTable('deploys')
        .set({ state: json(to), moved_at: clock.now() })
        .where('id', '=', id)
        .where('state_kind', '=', from)
        .returningAll()
        .executeTakeFirst();
      return row ? toDeploy(row) : null;
    },
    async filed(id) {
      const row = await db.selectFrom('deploys').select('filed').where('id', '=', id).executeTakeFirst();
      return row?.filed ?? null;
    },
    async compared(id, differences) {
      const set = { differences: json(differences) };
      await db.updateTable('deploys').set(set).where('id', '=', id).execute();
    },
    async file(id, folder) {
      await db.updateTable('deploys').set({ filed: folder }).where('id', '=', id).execute();
    },
    async recordReview(deployId, { reviewId, ...review }) {
      await db
        .insertInto('deploy_reviews')
        .values({ deploy_id: deployId, review_id: reviewId, ...review })
        .onConflict((conflict) => conflict.columns(['deploy_id', 'review_id']).doNothing())
        .execute();
    },
    async reviews(deployId) {
      return db
        .selectFrom('deploy_reviews')
        .select(['review_id as reviewId', 'reviewer', 'accepted', 'reason'])
        .where('deploy_id', '=', deployId)
        .orderBy('at')
        .orderBy('review_id')
        .execute();
    },
  };
}

/** Until the deploy is there nothing of it is removed from the store (see Uploads); what is gone by now is not put up. */
async function holdArtifacts(db: Kysely<Tables>, { artifacts }: Pick<Deploy, 'artifacts'>): Promise<void> {
  const ids = artifacts.map(({ artifactId }) => artifactId);
  if (ids.length === 0) return;
  const rows = await db.selectFrom('artifacts').select('upload').where('id', 'in', ids).forShare().execute();
  if (rows.some(({ upload }) => upload !== 'stored'))
    throw new Retryable('a newer artifact has taken the place of one of the deploy just now');
}

/** deploys_one_open and deploys_once_per_asking decide, also between two that arrive together. */
function insertUnlessOpen(db: Kysely<Tables>, row: Insertable<Tables['deploys']>) {
  return db
    .insertInto('deploys')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** What the same comment or label made the first time, whatever became of it. */
function findAsked(db: Kysely<Tables>, deploy: Pick<Deploy, 'source' | 'artifacts'>) {
  return db
    .selectFrom('deploys')
    .selectAll()
    .where('source', '=', deploy.source)
    .where('repository', '=', deploy.artifacts[0]?.repository ?? '')
    .executeTakeFirst();
}

function findOpen(db: Kysely<Tables>, deploy: Pick<Deploy, 'repo' | 'pullRequest' | 'digest'>) {
  return db
    .selectFrom('deploys')
    .selectAll()
    .where('repo', '=', deploy.repo)
    .where('pull_request', '=', deploy.pullRequest)
    .where('digest', '=', deploy.digest)
    .where('state_kind', 'in', OPEN)
    .executeTakeFirst();
}

function toRow(deploy: Omit<Deploy, 'id' | 'state' | 'differences'>): Insertable<Tables['deploys']> {
  return {
    repo: deploy.repo,
    pull_request: deploy.pullRequest,
    head_sha: deploy.headSha,
    author: deploy.author,
    requested_by: deploy.requestedBy,
    differences: null,
    earlier_askers: json(deploy.earlierAskers),
    source: deploy.source,
    digest: deploy.digest,
    artifacts: json(deploy.artifacts),
    rebuild: deploy.rebuild,
    despite_tests: deploy.despiteTests === null ? null : json(deploy.despiteTests),
    staging: deploy.staging,
    state: json({ kind: 'preparing', since: deploy.createdAt }),
    moved_at: deploy.createdAt,
    created_at: deploy.createdAt,
  };
}

function toDeploy(row: Selectable<Tables['deploys']>): Deploy {
  return {
    id: row.id,
    repo: row.repo,
    pullRequest: row.pull_request,
    headSha: row.head_sha,
    author: row.author,
    requestedBy: row.requested_by,
    earlierAskers: row.earlier_askers,
    source: row.source,
    digest: row.digest,
    artifacts: row.artifacts,
    rebuild: row.rebuild,
    despiteTests: row.despite_tests,
    differences: row.differences,
    staging: row.staging,
    state: row.state,
    createdAt: row.created_at,
  };
}
