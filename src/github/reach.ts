/** What the App's tokens may do: each is for one repository, and there for what the bot does in it. */

export type Permissions = Readonly<Record<string, string>>;

/** The bot reads code, and speaks: it can push to no repository that software is developed in. */
const SOFTWARE: Permissions = { checks: 'write', contents: 'read', issues: 'write', pull_requests: 'write' };
const STAGING: Permissions = { contents: 'write', issues: 'write', pull_requests: 'write' };
const RERUN: Permissions = { actions: 'write' };

/** Who is in a team. */
export const TEAMS: Permissions = { members: 'read' };
/** A repository's name of today, before it is known which one a token is to be for. */
export const NAMES: Permissions = { metadata: 'read' };
/** To clone. */
export const CLONE: Permissions = { contents: 'read' };

/** For whoever has no configuration at hand. */
export const everything = (): Permissions => ({ ...SOFTWARE, ...STAGING, ...RERUN });

/** What a token for a repository, by name, is asked for. */
export function reachOf(
  served: readonly { github: string; staging: string; rerunChecks: readonly string[] }[],
): (repo: string) => Permissions {
  return (repo) => {
    const isIt = (name: string) => name.toLowerCase() === repo.toLowerCase();
    const software = served.filter(({ github }) => isIt(github));
    return {
      ...(software.length > 0 ? SOFTWARE : {}),
      ...(software.some(({ rerunChecks }) => rerunChecks.length > 0) ? RERUN : {}),
      // After the other: what both have, this one has more of.
      ...(served.some(({ staging }) => isIt(staging)) ? STAGING : {}),
    };
  };
}

/**
 * Of what is wanted what the installation was granted: GitHub gives no token to who asks for more, and one for everything
 * to who asks for nothing. What every App has is always among it.
 */
export function within(granted: Permissions, wanted: Permissions): Permissions {
  const both = Object.entries(wanted).filter(([name]) => granted[name] !== undefined);
  const levels = both.map(([name, level]) => [name, granted[name] === 'read' ? 'read' : level]);
  return { ...NAMES, ...Object.fromEntries(levels) };
}
