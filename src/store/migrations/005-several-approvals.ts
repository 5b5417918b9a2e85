import { type Kysely, sql } from 'kysely';

const sha256 = 'like_regex "^[0-9a-f]{64}$"';
const nullable = (field: string, test: string) => `(${field} == null || ${field} ${test})`;
const approval = `@.reviewer > "" && @.reviewId >= 0 && @.commit == $.commit && @.digest ${sha256}`;
const shown = '$.pullRequest > 0 && $.commit > ""';
const approved =
  `${shown} && $.approvals.type() == "array" && exists($.approvals[*]) && ` +
  `!exists($.approvals[*] ? (!(${approval})))`;
const deployStates = {
  preparing: '$.since >= 0',
  open: `$.since >= 0 && ${shown}`,
  approved: `$.at >= 0 && ${approved}`,
  ingesting: `$.since >= 0 && ${approved}`,
  published: `$.at >= 0 && ${approved} && $.revision >= 0 && $.files >= 0 && $.path > ""`,
  rejected: '$.at >= 0 && $.pullRequest > 0 && $.by > "" && $.reason > ""',
  superseded: `$.at >= 0 && $.by > 0 && ${nullable('$.pullRequest', '> 0')}`,
  failed: `$.at >= 0 && $.reason > "" && ${nullable('$.pullRequest', '> 0')} && $.incident.type() == "array"`,
};

/**
 * A deploy is approved by one person or more, says whether it is a rebuild, and where its record in the staging repository
 * is. What one person approved is approved by a list of one from now on.
 */
export async function up(db: Kysely<never>): Promise<void> {
  const evidence = Object.entries(deployStates)
    .map(([kind, fields]) => `($.kind == "${kind}" && ${fields})`)
    .join(' || ');
  await sql`
    ALTER TABLE stratobot.deploys
      DROP CONSTRAINT deploys_evidence,
      DROP CONSTRAINT deploys_approval_names_bytes,
      ADD COLUMN rebuild boolean NOT NULL DEFAULT false,
      ADD COLUMN filed text CHECK (filed IN ('staged', 'approved', 'ingested', 'rejected'))`.execute(db);
  await sql`
    UPDATE stratobot.deploys
      SET state = (state - 'approval') || jsonb_build_object('approvals', jsonb_build_array(state -> 'approval'))
      WHERE state ? 'approval'`.execute(db);
  await sql`
    ALTER TABLE stratobot.deploys
      ADD CONSTRAINT deploys_evidence CHECK ((state @@ ${sql.lit(evidence)}::jsonpath) IS TRUE),
      ADD CONSTRAINT deploys_approval_names_bytes CHECK (
        NOT jsonb_path_exists(state, '$.approvals[*] ? (@.digest != $digest)', jsonb_build_object('digest', digest))
      )`.execute(db);
}
