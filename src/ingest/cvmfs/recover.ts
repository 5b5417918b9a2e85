import { Permanent } from '../../domain/errors.ts';
import { leftOpen } from './answers.ts';
import { isTagged, type Journal } from './journal.ts';
import { headOf } from './server.ts';
import { clearArea, expectHead, listedOf, type Site, tagsOf } from './site.ts';
import { abort, abortOurs, ingestStep, isOpen, publish, rollback, transaction } from './transaction.ts';
import { finishUndo } from './undo.ts';

/**
 * Brings what an earlier try left behind into order. After it, no transaction of ours is open, no command of ours runs,
 * and each recorded step either succeeded or never was. Gives the journal to go on from; null: begin anew.
 */
export async function recover(site: Site, ingests: number, digest: string): Promise<Journal | null> {
  const { recorded } = site;
  if (!(await site.run.ask(['test', '-d', site.area])).ok) return null;
  await recorded.settled(site.patience.transactionMs);
  const journal = await site.journal.read();
  if (journal === null) {
    await clearArea(site);
    return null;
  }
  if (journal.digest !== digest) {
    throw new Permanent(
      `${site.area} on the Stratum 0 belongs to another deploy; two bots may share its number.`,
    );
  }
  const failed = await unfinished(site, ingests);
  if ((await recorded.outcome(abort)) !== 'never') {
    // The abort was ours to do; what is open now is ours only where it did not say that it was done.
    const said = await recorded.outcome(abort);
    const left = [...failed, publish, transaction];
    const done = typeof said === 'object' && said.code === 0;
    if (done || !(await isOpen(site))) await recorded.forget([...left, abort]);
    else await abortOurs(site, left);
  }
  await recoverTransaction(site, journal);
  for (let index = 0; index < ingests; index++) await recoverIngest(site, journal, index);
  if ((await recorded.outcome(rollback)) !== 'never') {
    await finishUndo(site, journal, ingests);
    return null;
  }
  return journal;
}

/** Ingests that did not say that they succeeded. */
async function unfinished(site: Site, ingests: number): Promise<string[]> {
  const steps = Array.from({ length: ingests }, (_, index) => ingestStep(index));
  const outcomes = await Promise.all(steps.map((step) => site.recorded.outcome(step)));
  return steps.filter((_step, index) => {
    const outcome = outcomes[index];
    return outcome === 'killed' || (typeof outcome === 'object' && outcome.code !== 0);
  });
}

/** The last transaction: what was done in it is not known, so it is done again from its beginning. */
async function recoverTransaction(site: Site, journal: Journal): Promise<void> {
  const { recorded } = site;
  const [opened, published] = [await recorded.outcome(transaction), await recorded.outcome(publish)];
  if (typeof published === 'object' && published.code === 0) return;
  if (typeof opened === 'object' && opened.code === 0) {
    // A publish that goes on without the shell that watched it is waited for; it may be done, with nobody to say so.
    if (isTagged(await tagsOf(site), journal)) return recorded.succeeded(publish);
    if (await isOpen(site)) return abortOurs(site, [publish, transaction]);
    // Aborted by somebody.
    await recorded.forget([publish, transaction]);
    return;
  }
  if (opened === 'killed' && (await isOpen(site))) throw unsure(site);
  await recorded.forget([transaction, publish]);
}

async function recoverIngest(site: Site, journal: Journal, index: number): Promise<void> {
  const { recorded } = site;
  const step = ingestStep(index);
  const outcome = await recorded.outcome(step);
  if (outcome === 'never' || (typeof outcome === 'object' && outcome.code === 0)) return;
  // An ingest that goes on without the shell that watched it is waited for: while it runs there are no tags.
  const head = headOf(await tagsOf(site));
  const listed = await listedOf(site);
  if (outcome === 'killed') {
    if (head === journal.revision + index + 1) return recorded.succeeded(step);
    // A transaction that nobody disturbed looks healthy: it may be somebody's who came after ours was killed.
    if (listed.inTransaction && !listed.unhealthy) throw unsure(site);
    if (listed.inTransaction) return abortOurs(site, [step]);
    await expectHead(site, journal, index);
  } else if (listed.inTransaction && leftOpen(outcome)) {
    return abortOurs(site, [step]);
  }
  await recorded.forget([step]);
}

function unsure(site: Site): Permanent {
  return new Permanent(
    `A transaction is open on ${site.repository}, and a command of ours was killed, so it may be ours or somebody else's. ` +
      `Look at it, then run cvmfs_server abort ${site.repository}.`,
  );
}
