import { Permanent, Waiting } from '../../domain/errors.ts';
import type { Journal } from './journal.ts';
import type { Prepared } from './prepare.ts';
import { headOf } from './server.ts';
import { type Site, tagsOf, untilFree } from './site.ts';
import { publishedManifest } from './stratum.ts';
import { FEW_DAYS, whitelistDays } from './whitelist.ts';

/** What is kept free beyond the bytes that come: catalogs, the journal, a little air. */
const spareBytes = 64 * 2 ** 20;

/** Everything that would keep the publication from succeeding, looked at before anything is changed. */
export async function preflight(
  site: Site,
  deploy: { id: number; digest: string },
  parts: readonly Prepared[],
): Promise<Journal> {
  await requireTurn(site);
  const listed = await untilFree(site);
  if (listed.whitelistExpired) {
    throw new Permanent(`The whitelist of ${site.repository} has expired and must be signed again.`);
  }
  await requireWhitelist(site);
  const total = parts.reduce((sum, part) => sum + part.contents.bytes, 0);
  const largest = Math.max(...parts.map((part) => part.contents.bytes));
  if (site.storage !== null) await requireSpace(site, site.storage, total);
  await requireSpace(site, site.folder, largest);
  const { revision, tag } = await wayBack(site, deploy.id);
  return { deploy: deploy.id, digest: deploy.digest, revision, tag };
}

/** One that ends while we publish would let nothing be finished and nothing be rolled back. */
async function requireWhitelist({ repository, stratum0Url, clock, log }: Site): Promise<void> {
  const days = await whitelistDays(stratum0Url, repository, clock);
  if (days === null) return;
  if (days < 1) {
    throw new Permanent(`The whitelist of ${repository} ends within a day and must be signed again.`);
  }
  if (days < FEW_DAYS) log.warn({ repository, days }, 'the whitelist of a repository ends soon');
}

/** The head's revision and a tag of it. A head without one, as after some rollbacks, is given one. */
async function wayBack(site: Site, deploy: number): Promise<{ revision: number; tag: string }> {
  const { revision: shown } = await publishedManifest(site.stratum0Url, site.repository);
  let tags = await tagsOf(site);
  if (headOf(tags) < shown) {
    // With the revision: the name must be new, also after an earlier try of this deploy.
    await site.server.tagHead(`stratobot-before-${deploy}-${shown}`);
    tags = await tagsOf(site);
  }
  const revision = headOf(tags);
  // One that stays before one that cvmfs_server made by itself, which may expire.
  const names = tags.filter((tag) => tag.revision === revision).map((tag) => tag.name);
  const tag = names.find((name) => !name.startsWith('generic-')) ?? names[0];
  if (tag !== undefined && revision >= shown) return { revision, tag };
  throw new Permanent(
    `The head of ${site.repository}, revision ${shown}, has no tag, so there is no way back.`,
  );
}

/** A deploy that was begun and is not finished goes first, or its revisions could not be told from ours. */
async function requireTurn(site: Site): Promise<void> {
  const depth = ['-mindepth', '2', '-maxdepth', '2', '-name', 'journal.json'];
  const [other = ''] = (await site.run.quick(['find', site.folder, ...depth])).split('\n');
  if (other === '') return;
  throw new Waiting(
    `Another deploy of ${site.repository} is not finished and goes first; ${other} on the Stratum 0 tells of it.`,
  );
}

async function requireSpace(site: Site, path: string, bytes: number): Promise<void> {
  const text = await site.run.quick(['df', '--block-size=1', '--output=avail', '--', path]);
  const free = Number(text.trim().split('\n').at(-1));
  if (free >= bytes + spareBytes) return;
  throw new Permanent(
    `${path} on the Stratum 0 of ${site.repository} has ${free} bytes free, and ${bytes + spareBytes} are needed.`,
  );
}
