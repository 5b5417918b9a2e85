import { Permanent } from '../../domain/errors.ts';
import { explain } from './answers.ts';
import { listedOf, type Site } from './site.ts';

/** Names of the recorded steps. */
export const ingestStep = (index: number): string => `ingest-${index}`;
const steps = {
  transaction: 'transaction',
  publish: 'publish',
  abort: 'abort',
  rollback: 'rollback',
} as const;
export const { transaction, publish, abort, rollback } = steps;

/** How an ingest or a transaction that did not succeed left the repository. */
export async function isOpen(site: Site): Promise<boolean> {
  return (await listedOf(site)).inTransaction;
}

/**
 * Ends the transaction that the named steps of this deploy left open. Whoever calls this knows it to be ours; the abort
 * is recorded too, so that one that was done is never done again to somebody else's transaction.
 */
export async function abortOurs(site: Site, left: readonly string[]): Promise<void> {
  const sentence = `Our own transaction on ${site.repository} cannot be aborted while a command of it still runs.`;
  await site.until(site.patience.transactionMs, sentence, async () => {
    const answer = await site.recorded.run(abort, [site.cvmfsServer, 'abort', '-f', site.repository]);
    if (answer.code === 0 || !(await isOpen(site))) return true;
    const trouble = explain(answer, true);
    if (trouble.kind === 'busy') return null;
    throw new Permanent(
      `Our own transaction on ${site.repository} could not be aborted: ${trouble.sentence}. ` +
        `Run cvmfs_server abort ${site.repository}.`,
    );
  });
  await site.recorded.forget([...left, abort]);
}
