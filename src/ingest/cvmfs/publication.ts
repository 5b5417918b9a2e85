import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Permanent } from '../../domain/errors.ts';
import { joinTarballs } from '../../tarball/join.ts';
import { type Answer, explain, leftOpen } from './answers.ts';
import { replaceCompat } from './compat.ts';
import { type Journal, tagName, writeTagText } from './journal.ts';
import type { Prepared } from './prepare.ts';
import { succeeded } from './recorded.ts';
import { expectHead, type Site, Withdrawn } from './site.ts';
import { abortOurs, ingestStep, isOpen, publish, transaction } from './transaction.ts';

/**
 * The steps that change the repository: one ingest for each base, then one transaction, published under the deploy's tag,
 * which is when the deploy counts as published. Steps that succeeded in an earlier try are not done again.
 * @returns the revision
 */
export async function publishAll(site: Site, journal: Journal, parts: readonly Prepared[]): Promise<number> {
  const ingested = parts.filter(({ group }) => !group.compat);
  for (const [index, part] of ingested.entries()) {
    const step = ingestStep(index);
    if (succeeded(await site.recorded.outcome(step))) continue;
    await ingest(site, step, part);
    await expectHead(site, journal, index + 1);
    await prove(site, part);
  }
  if (!succeeded(await site.recorded.outcome(publish))) await lastTransaction(site, journal, parts);
  const revision = journal.revision + ingested.length + 1;
  const tags = await expectHead(site, journal, ingested.length + 1);
  if (tags.find(({ name }) => name === tagName(journal.deploy))?.revision !== revision) {
    throw new Permanent(`Revision ${revision} of ${site.repository} has no tag ${tagName(journal.deploy)}.`);
  }
  for (const part of parts) await prove(site, part);
  return revision;
}

/** Everything is there, and a sample has the content of its tarball. */
async function prove(site: Site, part: Prepared): Promise<void> {
  await site.mounted.compare('after', part.group.base, part.places);
  await site.mounted.compareContent(part.group.base, part.contents.sample);
}

/**
 * The joined tar is laid down whole on the Stratum 0 and compared by digest before `cvmfs_server` sees it: one that it reads
 * from a stream is published in part when the bot or the line dies between two members, with a return code of 0.
 */
async function ingest(site: Site, step: string, part: Prepared): Promise<void> {
  const tar = `${site.area}/${step}.tar`;
  const { files, base } = part.group;
  const joined = joinTarballs(files, part.keep());
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of joined.bytes) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const write = ['dd', `of=${tar}`, 'bs=1M', 'status=none'];
  await site.run.long(write, Readable.from(hashed(), { objectMode: false }));
  const landed = await site.run.long(['sha256sum', '--', tar]);
  if (!landed.startsWith(`${hash.digest('hex')} `)) {
    throw new Permanent(`${tar} on the Stratum 0 is not what was written there.`);
  }
  const argv = [site.cvmfsServer, 'ingest', '-t', tar, '-b', base, site.repository];
  const answer = await insist(site, step, argv);
  if (answer.code !== 0) {
    const open = leftOpen(answer) && (await isOpen(site));
    if (open) await abortOurs(site, [step]);
    else await site.recorded.forget([step]);
    throw refusal(site, 'ingest', answer, open);
  }
  await site.run.quick(['rm', '-f', tar]);
}

/** Gives nested catalogs to what was ingested, replaces compatibility layers, renews caches, and names the revision. */
async function lastTransaction(site: Site, journal: Journal, parts: readonly Prepared[]): Promise<void> {
  const { cvmfsServer, repository, run } = site;
  const opened = await insist(site, transaction, [cvmfsServer, 'transaction', repository]);
  if (opened.code !== 0) {
    await site.recorded.forget([transaction]);
    throw refusal(site, 'transaction', opened, false);
  }
  for (const part of parts) if (part.group.compat) await replaceCompat(run, site.mount, part);
  if (site.cacheHook.length > 0) {
    const versions = new Set(parts.flatMap((part) => part.versions));
    for (const version of [...versions].sort()) await run.long([...site.cacheHook, site.mount, version]);
  }
  const files = parts.reduce((sum, part) => sum + part.contents.files, 0);
  const text = writeTagText({ files, digest: journal.digest, before: journal.tag });
  const argv = [cvmfsServer, 'publish', '-a', tagName(journal.deploy), '-m', text, repository];
  const answer = await site.recorded.run(publish, argv);
  if (answer.code === 0) return;
  await abortOurs(site, [publish, transaction]);
  throw refusal(site, 'publish', answer, true);
}

/** Runs a command that needs the repository for itself, as long as the answer is that somebody else has it. */
async function insist(site: Site, step: string, argv: readonly string[]): Promise<Answer> {
  const sentence = `Somebody else keeps ${site.repository}, so it cannot be published now.`;
  return await site.until(site.patience.transactionMs, sentence, async () => {
    const answer = await site.recorded.run(step, argv);
    if (answer.code === 0 || explain(answer, false).kind !== 'busy') return answer;
    await site.recorded.forget([step]);
    return null;
  });
}

function refusal(site: Site, command: string, answer: Answer, open: boolean): Permanent | Withdrawn {
  const { kind, sentence } = explain(answer, open);
  const text = `cvmfs_server ${command} failed for ${site.repository}: ${sentence}.`;
  return kind === 'never' ? new Permanent(text) : new Withdrawn(text);
}
