/** What goes wrong, and when: made of a seed alone, so that the same seed brings the same trouble again. */

/** What can be killed. */
const VICTIMS = [
  'bot-1',
  'bot-2',
  'postgres',
  'redis',
  's3',
  'sshd-1',
  'sshd-2',
  'slurmctld',
  'slurmd',
] as const;
export type Victim = (typeof VICTIMS)[number];

/** How GitHub can be unwell. */
const ILLNESSES = ['down', '502', 'cut', 'answer lost', 'slow'] as const;
export type Illness = (typeof ILLNESSES)[number];

export type Trouble = {
  /** So many things are to happen on GitHub first… */
  beats: number;
  /** …and then so much time to pass, ms. */
  afterMs: number;
} & (
  | { kind: 'kill'; victim: Victim; signal: 'SIGKILL' | 'SIGTERM'; downMs: number }
  /** `requests` of GitHub's go wrong, or all for as long as it is down. */
  | { kind: 'illness'; illness: Illness; requests: number; downMs: number }
);

/** How often each is chosen: what holds all the strings most of all. */
const WEIGHTS: Record<Victim, number> = {
  'bot-1': 24,
  'bot-2': 24,
  postgres: 10,
  redis: 12,
  s3: 10,
  'sshd-1': 8,
  'sshd-2': 8,
  slurmctld: 5,
  slurmd: 3,
};
/** Of so many kills one is an order to end, as at an update. */
const ORDERLY = 8;
/** GitHub is unwell once for so many kills. */
const ILL_PER_KILLS = 4;
const MOST_BEATS = 10;
const MOST_WAIT_MS = 250;
const MOST_DOWN_MS = 1_200;

/** @param kills how many; illnesses of GitHub come on top of them */
export function troubles(seed: number, kills: number, victims: readonly Victim[]): Trouble[] {
  const random = dice(seed);
  const pick = (most: number) => Math.floor(random() * most);
  const when = () => ({ beats: pick(MOST_BEATS), afterMs: pick(MOST_WAIT_MS) });
  const planned: Trouble[] = [];
  for (let made = 0; made < kills; made += 1) {
    const victim = weighted(victims, random);
    const orderly = victim.startsWith('bot') && pick(ORDERLY) === 0;
    planned.push({
      ...when(),
      kind: 'kill',
      victim,
      signal: orderly ? 'SIGTERM' : 'SIGKILL',
      downMs: pick(MOST_DOWN_MS),
    });
    if (pick(ILL_PER_KILLS) > 0) continue;
    const illness = ILLNESSES[pick(ILLNESSES.length)] ?? 'down';
    planned.push({
      ...when(),
      kind: 'illness',
      illness,
      requests: 1 + pick(4),
      downMs: pick(MOST_DOWN_MS),
    });
  }
  return planned;
}

function weighted(victims: readonly Victim[], random: () => number): Victim {
  const all = victims.reduce((sum, victim) => sum + WEIGHTS[victim], 0);
  let left = random() * all;
  for (const victim of victims) {
    left -= WEIGHTS[victim];
    if (left < 0) return victim;
  }
  return 'bot-1';
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32, which is public domain). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
