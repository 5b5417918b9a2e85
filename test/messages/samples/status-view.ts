import type * as statusView from '../../../src/messages/status-view.ts';
import { states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { zen2 } from './views.ts';

export const samples: Samples<typeof statusView> = {
  hasLog: { 'what ran': () => [states.built], 'what never ran': () => [states.neverRan] },
  logUrl: { 'a build': () => [{ logLink: (id) => `https://bot.example.org/builds/${id}/log` }, zen2()] },
};
