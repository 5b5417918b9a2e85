import { createHmac, timingSafeEqual } from 'node:crypto';

/** Keys in links to logs of repositories that not everybody may read. */
export interface LogKeys {
  /** The key of a build's log; always the same. */
  of(buildId: number): string;
  fits(buildId: number, key: string): boolean;
}

/** Keys made of a secret of this bot, which nobody finds without it. */
export function logKeys(secret: string): LogKeys {
  const own = createHmac('sha256', secret).update('stratobot: links to logs').digest();
  const digest = (buildId: number) => createHmac('sha256', own).update(`build ${buildId}`).digest();
  return {
    of: (buildId) => digest(buildId).toString('base64url'),
    fits(buildId, key) {
      const given = Buffer.from(key, 'base64url');
      const right = digest(buildId);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
