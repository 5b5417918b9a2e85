/** `stratobot audit`: shows the audit log, and says whether it is whole. */
import { withDatabase } from '../compose/with-database.ts';
import type { Config } from '../config/config.ts';
import { count, plain } from '../messages/markdown.ts';
import { type ChainVerdict, verifyChain } from '../store/audit-chain.ts';
import { lookAt, mustBeOurs } from '../store/existing.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit.ts';

const MOST_LINES = 100_000;

/** Says whether the chain of the audit log holds. */
export async function verifyAudit(
  config: Config,
  { holds, json }: { holds: string | null; json: boolean },
  { out, err }: Surroundings,
): Promise<ExitCode> {
  if (holds !== null && !/^[0-9a-f]{64}$/.test(holds)) {
    err('stratobot: --holds takes a hash as `audit verify` prints it, 64 characters of 0-9 and a-f.\n');
    return EXIT.usage;
  }
  const verdict = await withDatabase(config, (databaseUrl) =>
    lookAt(databaseUrl, (db, schema) => {
      mustBeOurs(schema);
      return verifyChain(db, holds);
    }),
  );
  out(json ? `${JSON.stringify(verdict)}\n` : `${inWords(verdict)}\n`);
  return verdict.kind === 'whole' ? EXIT.ok : EXIT.failure;
}

function inWords(verdict: ChainVerdict): string {
  switch (verdict.kind) {
    case 'whole':
      if (verdict.newest === null) return 'The audit log is empty.';
      return [
        `The audit log is whole: ${count(verdict.lines, 'line')}, the newest is line ${verdict.newest.line} of ${time(verdict.newest.at)}.`,
        'Keep its hash elsewhere; next time it shows that nothing was cut off at the end:',
        `  stratobot audit verify --holds ${verdict.newest.hash}`,
      ].join('\n');
    case 'cut':
      return [
        'THE AUDIT LOG IS NOT WHOLE: no line has the hash that was in it once.',
        verdict.newest === null
          ? 'It is empty.'
          : `Its ${count(verdict.lines, 'line')}, up to line ${verdict.newest.line} of ${time(verdict.newest.at)}, fit together: lines after ` +
            'that were removed, or the whole was written anew, or the database was restored from an older backup.',
      ].join('\n');
    case 'broken': {
      const place =
        verdict.before === null ? 'It is the first line.' : `The line before is ${verdict.before}.`;
      return verdict.why === 'changed'
        ? `THE AUDIT LOG IS NOT WHOLE: line ${verdict.line} is not as it was written. ${place}`
        : `THE AUDIT LOG IS NOT WHOLE: line ${verdict.line} does not follow what stands before it, so a line was removed or ` +
            `inserted there. ${place}`;
    }
  }
}

/** Prints lines of the audit log, the newest last. */
export async function listAudit(
  config: Config,
  { subject, last, json }: { subject: string | null; last: string; json: boolean },
  { out, err }: Surroundings,
): Promise<ExitCode> {
  const limit = Number(last);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LINES) {
    err(`stratobot: --last takes a number from 1 to ${MOST_LINES}.\n`);
    return EXIT.usage;
  }
  const lines = await withDatabase(config, (databaseUrl) =>
    lookAt(databaseUrl, async (db, schema) => {
      mustBeOurs(schema);
      const newest = await db
        .selectFrom('audit')
        .select(['id as line', 'at', 'actor', 'action', 'subject', 'evidence', 'hash'])
        .$if(subject !== null, (query) => query.where('subject', '=', subject ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return newest.reverse();
    }),
  );
  for (const line of lines) {
    if (json) out(`${JSON.stringify(line)}\n`);
    else {
      const words = [`${line.line}`, time(line.at), line.actor, line.action, line.subject];
      out(`${plain([...words, JSON.stringify(line.evidence)].join('  '), Number.MAX_SAFE_INTEGER)}\n`);
    }
  }
  if (lines.length === 0 && !json)
    out(subject === null ? 'The audit log is empty.\n' : `No line is about ${plain(subject, 200)}.\n`);
  return EXIT.ok;
}

/** `2026-11-21 01:42:16 UTC` */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
