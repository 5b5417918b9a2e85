import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Build } from '../domain/build.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { NewBuild, Requests } from '../ports/records.ts';
import { buildsOf, toBuild } from './builds.ts';
import type { Tables } from './schema.ts';
import { json } from './values.ts';

/** Build requests, made together with their builds. */
export function requests(db: Kysely<Tables>): Requests {
  return {
    async create(request, builds) {
      return db.transaction().execute(async (trx) => {
        // A concurrent insert of the same source waits here for the other transaction to end.
        const row = await trx
          .insertInto('requests')
          .values({
            repo: request.repo,
            pull_request: request.pullRequest,
            head_sha: request.headSha,
            base_ref: request.baseRef,
            title: request.title,
            author: request.author,
            requested_by: request.requestedBy,
            commands: json(request.commands),
            software: request.software === null ? null : json(request.software),
            source: request.source,
            created_at: request.createdAt,
          })
          .onConflict((conflict) => conflict.column('source').doNothing())
          .returningAll()
          .executeTakeFirst();
        if (row) {
          const made = await insertBuilds(trx, row.id, builds, request.createdAt);
          return { request: toRequest(row), builds: made, created: true };
        }
        const first = await trx
          .selectFrom('requests')
          .selectAll()
          .where('source', '=', request.source)
          .executeTakeFirstOrThrow();
        return { request: toRequest(first), builds: await buildsOf(trx, first.id), created: false };
      });
    },
    async get(id) {
      const row = await db.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toRequest(row) : null;
    },
    async ofPullRequest(repo, number) {
      const rows = await db
        .selectFrom('requests')
        .selectAll()
        .where('repo', '=', repo)
        .where('pull_request', '=', number)
        .orderBy('id', 'desc')
        .execute();
      return rows.map(toRequest);
    },
    async pullRequestsOf(repo, headSha) {
      const rows = await db
        .selectFrom('requests')
        .select('pull_request')
        .distinct()
        .where('repo', '=', repo)
        .where('head_sha', '=', headSha)
        .orderBy('pull_request')
        .execute();
      return rows.map((row) => row.pull_request);
    },
  };
}

async function insertBuilds(
  trx: Transaction<Tables>,
  requestId: number,
  builds: readonly NewBuild[],
  createdAt: number,
): Promise<Build[]> {
  if (builds.length === 0) return [];
  const rows = await trx
    .insertInto('builds')
    .values(
      builds.map((build) => ({
        request_id: requestId,
        target: json(build.target),
        repository: build.repository,
        pools: json(build.pools),
        exports: json(build.exports),
        state: json({ kind: 'queued', since: createdAt }),
        moved_at: createdAt,
        created_at: createdAt,
      })),
    )
    .returningAll()
    .execute();
  return rows.map(toBuild).sort((a, b) => a.id - b.id);
}

function toRequest(row: Selectable<Tables['requests']>): BuildRequest {
  return {
    id: row.id,
    repo: row.repo,
    pullRequest: row.pull_request,
    headSha: row.head_sha,
    baseRef: row.base_ref,
    title: row.title,
    author: row.author,
    requestedBy: row.requested_by,
    commands: row.commands,
    software: row.software,
    source: row.source,
    createdAt: row.created_at,
  };
}
