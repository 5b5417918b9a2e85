import type { Clock } from '../../ports.ts';
import { whitelistExpiry } from './stratum.ts';

const dayMs = 86_400_000;

/** A whitelist is signed for a month; a week is time enough to sign it again. */
export const FEW_DAYS = 7;

/** Whole days for which clients take what is published; negative once it has ended, null where the server does not say. */
export async function whitelistDays(
  stratum0Url: string,
  repository: string,
  clock: Clock,
): Promise<number | null> {
  const expiry = await whitelistExpiry(stratum0Url, repository);
  return expiry === null ? null : Math.floor((expiry - clock.now()) / dayMs);
}
