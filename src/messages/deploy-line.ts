import type { Deploy } from '../domain/deploy.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import { code, count, sentence } from './markdown.ts';
import { people } from './people.ts';
import { former, reachSentence } from './reach.ts';

/**
 * Where a deploy stands, in one line.
 * @param reason characters of a reason
 */
export function deployLine(deploy: Deploy, watches: readonly MirrorWatch[] = [], reason = 2000): string {
  const where = (number: number | null) => (number === null ? '' : ` in ${deploy.staging}#${number}`);
  const digest = code(shortDigest(deploy.digest));
  const what = `${count(deploy.artifacts.length, 'artifact')}, digest ${digest}`;
  switch (deploy.state.kind) {
    case 'preparing':
      return `**Deploy**: being put up for approval (${what}).`;
    case 'open':
      return `**Deploy**: waits for a second pair of eyes${where(deploy.state.pullRequest)} (${what}, asked for by @${deploy.requestedBy}).`;
    case 'approved':
    case 'ingesting':
      return `**Deploy**: approved by ${people(deploy.state.approvals)}${where(deploy.state.pullRequest)}, being published (${what}).`;
    case 'published':
      return `**Published** as revision ${deploy.state.revision.toLocaleString('en-US')} of ${code(repositoryOf(deploy))}, approved by ${people(deploy.state.approvals)}${where(deploy.state.pullRequest)} (${what}). ${reachSentence(watches)}`.trimEnd();
    case 'rolled-back':
      return `**Taken back**: revision ${deploy.state.from.toLocaleString('en-US')} of ${code(repositoryOf(deploy))} was rolled back by @${deploy.state.requestedBy}, confirmed by @${deploy.state.confirmedBy}. Revision ${deploy.state.revision.toLocaleString('en-US')} has ${former(deploy.state.to)} (${what}).`;
    case 'rejected':
      return `**Deploy** rejected by @${deploy.state.by}${where(deploy.state.pullRequest)} (${sentence(deploy.state.reason, reason)}).`;
    case 'superseded':
      return `**Deploy** ${digest}${where(deploy.state.pullRequest)} was replaced by a newer one.`;
    case 'failed':
      return `**Deploy failed**${where(deploy.state.pullRequest)}: ${sentence(deploy.state.reason, reason)}.`;
  }
}

/** The same in a few words, for a line that says more than that; null for a deploy that came to nothing. */
export function deployWords({ state }: Deploy): string | null {
  switch (state.kind) {
    case 'preparing':
    case 'open':
      return 'waits for approval';
    case 'approved':
    case 'ingesting':
      return 'being published';
    case 'published':
      return `published as revision ${state.revision.toLocaleString('en-US')}`;
    case 'rolled-back':
      return 'published, and taken back';
    default:
      return null;
  }
}

/** `sha256:9f2c41…d0`: enough of a digest to compare by eye. */
export function shortDigest(digest: string): string {
  return `sha256:${digest.slice(0, 8)}…${digest.slice(-4)}`;
}

/** The CernVM-FS repository of a deploy. */
export function repositoryOf(deploy: Deploy): string {
  return deploy.artifacts[0]?.repository ?? '';
}
