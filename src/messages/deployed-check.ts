import type { Deploy } from '../domain/deploy.ts';
import { type MirrorWatch, reachOf } from '../domain/publication.ts';
import { repositoryOf } from './deploy-line.ts';
import { code, count, duration, list } from './markdown.ts';
import { people } from './people.ts';
import { former, lag, reachSentence } from './reach.ts';

interface DeployedCheck {
  name: string;
  status: 'in_progress' | 'completed';
  conclusion: 'success' | 'neutral' | null;
  title: string;
  summary: string;
}

/** How the check `deployed` shows a deploy; null before it is published. */
export function deployedCheck(
  instance: string,
  deploy: Deploy,
  watches: readonly MirrorWatch[],
): DeployedCheck | null {
  const { state } = deploy;
  const repository = repositoryOf(deploy);
  const name = `${instance} / deployed / ${repository}`;
  if (state.kind === 'rolled-back') {
    const summary = `Revision ${number(state.from)} of ${code(repository)} was taken back by @${state.requestedBy}, confirmed by @${state.confirmedBy}: revision ${number(state.revision)} has ${former(state.to)}.`;
    const reached = watches.length === 0 ? [] : [reachSentence(watches), servers(watches)];
    return {
      name,
      status: 'completed',
      conclusion: 'neutral',
      title: 'Taken back',
      summary: [summary, ...reached].join('\n\n'),
    };
  }
  if (state.kind !== 'published') return null;
  const reach = reachOf(watches);
  const published = `Published as revision ${number(state.revision)} of ${code(repository)}, approved by ${people(state.approvals)}.`;
  const done = { name, status: 'completed', conclusion: 'success' } as const;
  if (reach === null) return { ...done, title: `Revision ${number(state.revision)}`, summary: published };
  const summary = [published, reachSentence(watches), servers(watches)].join('\n\n');
  if (reach.everywhereAfter !== null) {
    const title = `Revision ${number(state.revision)}, everywhere after ${duration(reach.everywhereAfter)}`;
    return { ...done, title, summary };
  }
  const there = `on ${reach.there} of ${count(reach.servers, 'Stratum 1 server')}`;
  if (watches.some((watch) => watch.state === 'watching')) {
    return { name, status: 'in_progress', conclusion: null, title: capital(there), summary };
  }
  const late = list(reach.lagging.map(({ server }) => server));
  return {
    ...done,
    conclusion: 'neutral',
    title: `${capital(there)}; ${late} ${reach.lagging.length === 1 ? 'lags' : 'lag'}`,
    summary,
  };
}

function servers(watches: readonly MirrorWatch[]): string {
  return watches
    .map((watch) => {
      if (watch.state === 'there')
        return `- ${code(watch.server)}: after ${duration(watch.at - watch.publishedAt)}`;
      return watch.state === 'lagging' ? `- ${lag(watch)}` : `- ${code(watch.server)}: not yet`;
    })
    .join('\n');
}

function number(revision: number): string {
  return revision.toLocaleString('en-US');
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}
