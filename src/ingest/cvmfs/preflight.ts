import { Permanent, Retryable } from '../../domain/errors.ts';
import type { Journal } from './journal.ts';
import type { Prepared } from './prepare.ts';
import { headOf } from './server.ts';
import { type Site, tagsOf, untilFree } from './site.ts';

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
  const total = parts.reduce((sum, part) => sum + part.contents.bytes, 0);
  const largest = Math.max(...parts.map((part) => part.contents.bytes));
  await requireSpace(site, site.storage, total);
  await requireSpace(site, site.folder, largest);
  const tags = await tagsOf(site);
  const revision = headOf(tags);
  // Newest first, and a tag that stays (the ones cvmfs_server makes by itself may expire) before one that may not.
  const heads = tags.filter((tag) => tag.revision === revision).map((tag) => tag.name);
  const tag = heads.find((name) => !name.startsWith('generic-')) ?? heads[0];
  if (tag === undefined) {
    throw new Permanent(
      `${site.repository} has no tags, so there would be no way back; set CVMFS_AUTO_TAG=true and publish once.`,
    );
  }
  return { deploy: deploy.id, digest: deploy.digest, revision, tag };
}

/** A deploy that was begun and is not finished goes first, or its revisions could not be told from ours. */
async function requireTurn(site: Site): Promise<void> {
  const depth = ['-mindepth', '2', '-maxdepth', '2', '-name', 'journal.json'];
  const [other = ''] = (await site.run.quick(['find', site.folder, ...depth])).split('\n');
  if (other === '') return;
  throw new Retryable(
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
