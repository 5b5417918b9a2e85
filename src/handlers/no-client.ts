import { ProbotOctokit } from 'probot';
import { Permanent } from '../domain/errors.ts';

/**
 * The client of GitHub that Probot hands to every handler. Inside a webhook's request GitHub is asked nothing, so there is one
 * for all, which can ask nothing; Probot's own is made anew for each delivery, with the private key imported each time.
 */
export const NoClient = ProbotOctokit.defaults({
  authStrategy: ({ octokit }: { octokit: unknown }) =>
    Object.assign(async () => octokit, {
      hook: () => {
        throw new Permanent('GitHub is asked nothing while a webhook is taken in');
      },
    }),
});
