import type { BuildState } from '../../domain/build.ts';

/** How a state is told and shown: `tone` picks the colour and the sign of the page's icon. */
export interface StateWords {
  words: string;
  tone: 'waits' | 'goes' | 'good' | 'bad';
  /** Why it failed, with names between backticks; empty in other states. */
  reason: string;
  /** Line of the log that says why; null when none does. */
  line: number | null;
}

/** A state in a few words: `running since 14:02 UTC`, `failed after 18 min`. */
export function stateWords(state: BuildState): StateWords {
  const failure = state.kind === 'failed' ? state.failure : null;
  return { ...wordsOf(state), reason: failure?.sentence ?? '', line: failure?.line ?? null };
}

function wordsOf(state: BuildState): Pick<StateWords, 'words' | 'tone'> {
  switch (state.kind) {
    case 'queued':
      return { words: 'waits for a build node', tone: 'waits' };
    case 'starting':
      return { words: `starting on ${state.node}`, tone: 'waits' };
    case 'running':
      return { words: `running since ${clockTime(state.startedAt)}`, tone: 'goes' };
    case 'cancelling':
      return { words: 'being cancelled', tone: 'goes' };
    case 'collecting':
      return { words: 'ended, collecting what it built', tone: 'goes' };
    case 'succeeded':
      return { words: `built in ${duration(state.endedAt - state.startedAt)}`, tone: 'good' };
    case 'failed': {
      const took = state.startedAt === null ? '' : ` after ${duration(state.endedAt - state.startedAt)}`;
      return { words: `failed${took}`, tone: 'bad' };
    }
    case 'cancelled':
      return { words: `cancelled by ${state.by}`, tone: 'bad' };
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
