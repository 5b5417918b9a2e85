import { type MirrorWatch, reachOf } from '../domain/publication.ts';
import { code, count, duration, list, sentence } from './markdown.ts';

/** `On 5 of 7 Stratum 1 servers.`, and who lags; empty where none is watched. */
export function reachSentence(watches: readonly MirrorWatch[]): string {
  const reach = reachOf(watches);
  if (reach === null) return '';
  if (reach.everywhereAfter !== null) return `Everywhere after ${duration(reach.everywhereAfter)}.`;
  const parts = [`on ${reach.there} of ${count(reach.servers, 'Stratum 1 server')}`];
  if (reach.lagging.length > 0) parts.push(list(reach.lagging.map(lag)));
  const text = parts.join('; ');
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

/** `` `name` still has revision 41 after 2 h``; why, where it does not answer. */
export function lag({ server, revision, problem, at, publishedAt }: MirrorWatch): string {
  const time = duration(at - publishedAt);
  const has =
    revision === null
      ? `has not told its revision for ${time}`
      : `still has revision ${revision.toLocaleString('en-US')} after ${time}`;
  return `${code(server)} ${has}${problem === null ? '' : ` (${sentence(problem)})`}`;
}

/** The content a rollback brings back. */
export function former(to: number): string {
  return to === 0 ? 'nothing in it, as before' : `the content of revision ${to.toLocaleString('en-US')}`;
}
