import { hasFault } from './places.ts';
import type { Repository } from './repository.ts';

/** The end of a command with another code than 0. */
export class End extends Error {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  constructor(code: number, stdout: string, stderr: string) {
    super(`${stdout}${stderr}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export function requireOwner(repository: Repository, code: number): void {
  if (!hasFault(repository.at.root, 'not-owner')) return;
  throw new End(code, '', 'Permission error: No write permission to repository');
}

/** Ends with 5 where the whitelist is not to be had. */
export function explainWhitelist(repository: Repository): void {
  if (hasFault(repository.at.root, 'whitelist-expired')) {
    throw new End(5, '', 'cannot load whitelist [expired whitelist]');
  }
  if (hasFault(repository.at.root, 'web-server-down')) {
    throw new End(5, '', 'cannot load whitelist [failed to download whitelist]');
  }
}
