/** The audit log read as a chain: whether anybody changed, removed or inserted a line. */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** The place of a line in the chain. */
interface ChainLink {
  line: number;
  /** Unix ms. */
  at: number;
  hash: string;
}

export type ChainVerdict =
  | { kind: 'whole'; lines: number; newest: ChainLink | null }
  /** The first line that does not fit, and how: its own content, or what stands before it. */
  | { kind: 'broken'; line: number; why: 'changed' | 'not-after-the-line-before'; before: number | null }
  /** The chain holds, but a hash that was in it once is not there. */
  | { kind: 'cut'; lines: number; newest: ChainLink | null };

const PAGE = 1_000;

/**
 * Computes every hash anew, here and not in the database, whose functions whoever changed a line could have changed as well.
 * A log cut off at its end, or written anew as a whole, is a chain that holds: only a hash from before, kept elsewhere, tells.
 * @param holds a hash that must be in the chain
 */
export async function verifyChain(db: Kysely<Tables>, holds: string | null): Promise<ChainVerdict> {
  let newest: ChainLink | null = null;
  let lines = 0;
  let held = holds === null;
  for (;;) {
    const rows = await page(db, newest);
    for (const row of rows) {
      const broken = (why: 'changed' | 'not-after-the-line-before') =>
        ({ kind: 'broken', line: row.id, why, before: newest?.line ?? null }) as const;
      const { id, at, actor, action, subject, evidence, prev_hash } = row;
      if (hashOf([String(id), String(at), actor, action, subject, evidence, prev_hash]) !== row.hash)
        return broken('changed');
      if (prev_hash !== (newest?.hash ?? '')) return broken('not-after-the-line-before');
      newest = { line: id, at, hash: row.hash };
      lines += 1;
      held ||= row.hash === holds;
    }
    if (rows.length < PAGE) return { kind: held ? 'whole' : 'cut', lines, newest };
  }
}

function page(db: Kysely<Tables>, after: ChainLink | null) {
  return db
    .selectFrom('audit')
    .select(['id', 'at', 'actor', 'action', 'subject', 'prev_hash', 'hash'])
    .select(sql<string>`evidence::text`.as('evidence'))
    .where('id', '>', after?.line ?? Number.MIN_SAFE_INTEGER)
    .orderBy('id')
    .limit(PAGE)
    .execute();
}

/** As `stratobot.audit_hash` in the database: sha256 of netstrings. */
function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part},`);
  return hash.digest('hex');
}
