import { Retryable } from '../domain/errors.ts';
import type { Log } from '../ports.ts';
import type { Commands } from './commands.ts';

/**
 * Runs a step while a symlink, made in one atomic step, names its owner as the link's target. A lock of the same
 * owner is one it left when it died, and is taken over; another's throws Retryable.
 */
export async function withLock<Result>(
  run: Commands,
  path: string,
  owner: string,
  log: Log,
  step: () => Promise<Result>,
): Promise<Result> {
  if (!(await run.ask(['ln', '-s', '-T', owner, path])).ok) {
    const { output: other } = await run.ask(['readlink', path]);
    if (other !== owner) {
      const who = other === '' ? 'Somebody else' : other;
      throw new Retryable(`${who} is publishing. If it is not, remove ${path}.`);
    }
    log.warn({ path, owner }, 'taking over the lock of an earlier try');
  }
  try {
    return await step();
  } finally {
    // Where this fails the lock stays ours, and the next try takes it over.
    await run.quick(['rm', '-f', path]).catch((error: unknown) => {
      log.warn({ path, owner, error: String(error) }, 'lock could not be removed');
    });
  }
}
