/** Which nodes may be given a build now, and why the others may not. */
import { type History, nodeHealth } from './history.ts';

export interface PlacementNode {
  /** `pool/node` */
  name: string;
  /** Jobs at once. */
  slots: number;
  /** Until when nothing new is given to it because it cannot be reached, unix ms; null: it can, as far as is known. */
  unreachableUntil: number | null;
  /** How it refuses us, until somebody mends that; null: it does not. */
  refusal: string | null;
  /** Its disk has less room than its pool asks for. */
  nearlyFull: boolean;
}

/** A node that gets nothing new. */
export interface NotNow {
  kind: 'not-now';
  why: 'refused' | 'unreachable' | 'nearly-full' | 'set-aside';
  /** One sentence without a full stop, where there is more to say. */
  detail?: string;
  /** Unix ms; null: nobody knows. */
  until: number | null;
}

/** What is known of a node from past builds, from the way there and from its disk. */
export function healthOf(
  history: History,
  { name, unreachableUntil, refusal, nearlyFull }: PlacementNode,
  now: number,
): { kind: 'healthy' | 'on-trial' } | NotNow {
  const away = unreachableUntil !== null && now < unreachableUntil;
  if (away && refusal !== null)
    return {
      kind: 'not-now',
      why: 'refused',
      until: unreachableUntil,
      detail: `the job could not be started on \`${name}\`: ${refusal}`,
    };
  if (away) return { kind: 'not-now', why: 'unreachable', until: unreachableUntil };
  if (nearlyFull) return { kind: 'not-now', why: 'nearly-full', until: null };
  const health = nodeHealth(history, name, now);
  return health.kind === 'aside' ? { kind: 'not-now', why: 'set-aside', until: health.until } : health;
}

/** Why none of the nodes for a target can be used. */
export function noneNow(
  target: string,
  nodes: readonly NotNow[],
): { waits: string; code: NotNow['why'] | 'mixed' } {
  const whys = REASONS.map(({ why, one, more }) => {
    const count = nodes.filter((node) => node.why === why).length;
    return { why, count, text: count === 1 ? one : more };
  }).filter(({ count }) => count > 0);
  const [first] = whys;
  if (first !== undefined && whys.length === 1) {
    if (first.why === 'refused') return { waits: nodes[0]?.detail ?? first.text, code: first.why };
    if (first.why === 'unreachable')
      return { waits: `no node for \`${target}\` can be reached`, code: first.why };
    const which = nodes.length === 1 ? 'the only node' : 'all nodes';
    return { waits: `${which} for \`${target}\` ${first.text}`, code: first.why };
  }
  const counted = whys.map(({ count, text }) => `${count} ${text}`).join(', ');
  return { waits: `no node for \`${target}\` takes builds now: ${counted}`, code: 'mixed' };
}

const REASONS = [
  { why: 'refused', one: 'refuses us', more: 'refuse us' },
  { why: 'unreachable', one: 'cannot be reached', more: 'cannot be reached' },
  { why: 'nearly-full', one: 'is nearly full', more: 'are nearly full' },
  { why: 'set-aside', one: 'is set aside after failures', more: 'are set aside after failures' },
] as const;
