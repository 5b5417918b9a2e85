/** How a check is found again, and what a button on it is about: its external id. */

export type CheckSubject = { kind: 'build'; buildId: number } | { kind: 'summary'; pullRequest: number };

/** `stratobot:<instance>:build:<id>` or `stratobot:<instance>:summary:<pull request>`; at most 255 characters on GitHub. */
export function checkId(instance: string, subject: CheckSubject): string {
  const number = subject.kind === 'build' ? subject.buildId : subject.pullRequest;
  return `stratobot:${instance}:${subject.kind}:${number}`;
}

/** What a check of this instance is about; null for a check of somebody else. */
export function readCheckId(instance: string, externalId: string): CheckSubject | null {
  const prefix = `stratobot:${instance}:`;
  const match = externalId.startsWith(prefix)
    ? /^(build|summary):([1-9]\d{0,14})$/.exec(externalId.slice(prefix.length))
    : null;
  if (match === null) return null;
  const number = Number(match[2]);
  return match[1] === 'build' ? { kind: 'build', buildId: number } : { kind: 'summary', pullRequest: number };
}
