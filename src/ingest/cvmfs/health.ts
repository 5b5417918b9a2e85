import { Permanent } from '../../domain/errors.ts';
import { type CvmfsOptions, listedOf, siteOf } from './site.ts';
import { publishedManifest } from './stratum.ts';
import { FEW_DAYS, whitelistDays } from './whitelist.ts';

const gibibyte = 2 ** 30;

/**
 * What would keep a deploy from being published, looked at without changing anything. Gives a line that says how the Stratum 0
 * is; throws Permanent or Retryable with what is wrong.
 */
export async function stratum0Health(options: CvmfsOptions, repository: string): Promise<string> {
  const site = siteOf(options, repository, 0);
  const { whitelistExpired, inTransaction } = await listedOf(site);
  if (whitelistExpired) throw new Permanent(`The whitelist of ${repository} has expired.`);
  await site.run.quick(['flock', '--version']);
  await site.run.quick(['test', '-w', options.stateDir]);
  const { revision } = await publishedManifest(site.stratum0Url, repository);
  const facts = [`revision ${revision}`];
  const days = await whitelistDays(site.stratum0Url, repository, site.clock);
  if (days !== null) {
    if (days < FEW_DAYS) throw new Permanent(`The whitelist of ${repository} expires in ${days} days.`);
    facts.push(`whitelist for ${days} days`);
  }
  for (const path of [site.storage, options.stateDir]) {
    if (path === null) continue;
    const text = await site.run.quick(['df', '--block-size=1', '--output=avail', '--', path]);
    const free = Number(text.trim().split('\n').at(-1));
    facts.push(`${Math.floor(free / gibibyte)} GiB free in ${path}`);
  }
  if (inTransaction) facts.push('somebody has a transaction open');
  return facts.join(', ');
}
