import type { BuildState } from '../../domain/build.ts';

/** How a state is told and shown: `tone` picks the colour and the sign of the page's icon. */
export interface StateWords {
  words: string;
  tone: 'waits' | 'goes' | 'good' | 'bad';
  /** Why it failed, with names between backticks; empty in other states. */
  reason: string;
}

/** A state in a few words: `running since 14:02 UTC`, `failed after 18 min`. */
export function stateWords(state: BuildState): StateWords {
  switch (state.kind) {
    case 'queued':
      return { words: 'waits for a build node', tone: 'waits', reason: '' };
    case 'starting':
      return { words: `starting on ${state.node}`, tone: 'waits', reason: '' };
    case 'running':
      return { words: `running since ${clockTime(state.startedAt)}`, tone: 'goes', reason: '' };
    case 'cancelling':
      return { words: 'being cancelled', tone: 'goes', reason: '' };
    case 'collecting':
      return { words: 'ended, collecting what it built', tone: 'goes', reason: '' };
    case 'succeeded':
      return { words: `built in ${duration(state.endedAt - state.startedAt)}`, tone: 'good', reason: '' };
    case 'failed': {
      const took = state.startedAt === null ? '' : ` after ${duration(state.endedAt - state.startedAt)}`;
      return { words: `failed${took}`, tone: 'bad', reason: state.failure.sentence };
    }
    case 'cancelled':
      return { words: `cancelled by ${state.by}`, tone: 'bad', reason: '' };
  }
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}
