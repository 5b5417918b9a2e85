import type { GitHub, Log } from '../ports.ts';
import { actions } from './actions.ts';
import { createApi } from './api.ts';
import { checks } from './checks.ts';
import type { Pacing } from './client.ts';
import { comments } from './comments.ts';
import { deliveries } from './deliveries.ts';
import { found } from './found.ts';
import { gitAccess } from './git-access.ts';
import { issues } from './issues.ts';
import { permissions } from './permissions.ts';
import { pulls } from './pulls.ts';
import type { Permissions } from './reach.ts';
import { staging } from './staging.ts';
import { visibility } from './visibility.ts';

export interface GitHubOptions {
  appId: number;
  /** PEM. */
  privateKey: string;
  /** Without a slash at the end; GitHub Enterprise Server has `https://HOST/api/v3`. */
  apiUrl?: string;
  /** What `/owner/name.git` is appended to. */
  gitUrl?: string;
  /** How writes are paced; the default is github.com's measure. */
  pacing?: Pacing;
  /** What tokens for a repository may do; the default is all that the bot does anywhere. */
  reach?: (repo: string) => Permissions;
  log: Log;
}

/**
 * GitHub as the workflow sees it, spoken to as a GitHub App. Per repository it asks once for the installation and once an hour
 * for a token that is good there alone; beyond that a call is one request, where its file does not say otherwise. Nothing is retried that may have
 * happened: a write that got no answer is Retryable, and finding its trace is the caller's part.
 */
export function createGitHub({
  apiUrl = 'https://api.github.com',
  gitUrl = 'https://github.com',
  ...options
}: GitHubOptions): GitHub & { requests(): number } {
  const api = createApi({ ...options, apiUrl });
  return {
    ...pulls(api),
    ...permissions(api),
    ...visibility(api),
    ...comments(api),
    ...checks(api),
    ...actions(api),
    ...staging(api),
    ...issues(api),
    ...deliveries(api),
    ...found(api),
    ...gitAccess(api, gitUrl),
    requests: api.requests,
  };
}
