import { Permanent, Retryable } from '../../domain/errors.ts';
import { explain } from './answers.ts';
import type { Journal } from './journal.ts';
import { succeeded } from './recorded.ts';
import { headOf } from './server.ts';
import { clearArea, type Site, tagsOf } from './site.ts';
import { abortOurs, ingestStep, isOpen, publish, rollback, transaction } from './transaction.ts';

/**
 * Leaves the repository as it was: ends our transaction, and goes back to the tag from before where we published already
 * and nobody did since. Throws Permanent, with what to do by hand, where it cannot.
 */
export async function undo(site: Site, journal: Journal, ingests: number): Promise<void> {
  const opened = await site.recorded.outcome(transaction);
  if (succeeded(opened) && (await isOpen(site))) {
    // Where our publish did what it said, this transaction is somebody else's.
    const published = succeeded(await site.recorded.outcome(publish));
    const head = published ? headOf(await tagsOf(site)) : journal.revision;
    if (head < journal.revision + ingests + 1) await abortOurs(site, [publish, transaction]);
  }
  await finishUndo(site, journal, ingests);
}

/** The part of it that changes the head; may be done again after a crash at any point. */
export async function finishUndo(site: Site, journal: Journal, ingests: number): Promise<void> {
  const { recorded } = site;
  let done = 0;
  for (const step of [...Array.from({ length: ingests }, (_, index) => ingestStep(index)), publish]) {
    if (succeeded(await recorded.outcome(step))) done++;
  }
  const head = headOf(await tagsOf(site));
  const wentBack = head === journal.revision + done + 1 && (await recorded.outcome(rollback)) !== 'never';
  if (head !== journal.revision && !wentBack) {
    const byHand = `To go back, run cvmfs_server rollback -t ${journal.tag} ${site.repository}.`;
    if (head > journal.revision + done) {
      throw new Permanent(
        `Somebody published ${site.repository} since (revision ${head}), so our own revision stays. ${byHand}`,
      );
    }
    // Under somebody else's transaction there is no way back; so the next try goes forward.
    const waits = `Somebody else has a transaction open on ${site.repository}, which deploy ${journal.deploy} is half in.`;
    if (await isOpen(site)) throw new Retryable(waits);
    const argv = [site.cvmfsServer, 'rollback', '-t', journal.tag, '-f', site.repository];
    const answer = await recorded.run(rollback, argv);
    if (answer.code !== 0) {
      await recorded.forget([rollback]);
      if (await isOpen(site)) throw new Retryable(waits);
      throw new Permanent(
        `${site.repository} could not be rolled back: ${explain(answer, false).sentence}. ${byHand}`,
      );
    }
    site.log.warn({ repository: site.repository, tag: journal.tag, deploy: journal.deploy }, 'rolled back');
  }
  await clearArea(site);
}
