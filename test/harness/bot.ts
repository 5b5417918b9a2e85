import { setTimeout as delay } from 'node:timers/promises';
import { startStratobot } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Build, BuildStateKind } from '../../src/domain/build.ts';
import type { DeployStateKind } from '../../src/domain/deploy.ts';
import type { Pacing } from '../../src/github/client.ts';
import type { Log } from '../../src/ports.ts';
import type { World } from '../../src/workflow/world.ts';
import type { Surroundings } from './surroundings.ts';

/** The real bot, composed as in production, and what it says in its log while it works. */
export interface RunningBot {
  url: string;
  world: World;
  build(id: number): Promise<Build>;
  /** Resolves when no delivery waits any more. */
  handled(): Promise<void>;
  /** The next `wanted` builds that reach one of the states; `at` as performance.now(). */
  buildsReach(states: readonly BuildStateKind[], wanted: number): Promise<{ id: number; at: number }[]>;
  /** When the next deploy reaches a state, as performance.now(). */
  deploysReach(state: DeployStateKind): Promise<number>;
  /** What the bot logged at level warn and error. */
  complaints: { message: string; fields: object }[];
  close(): Promise<void>;
}

type Listener = (message: string, fields: Record<string, unknown>) => void;

/** Loads the configuration of the surroundings, starts the bot and points GitHub's webhooks at it. */
export async function startBot(
  around: Surroundings,
  onMove: (build: Build) => void = () => undefined,
  pacing?: Pacing,
): Promise<RunningBot> {
  const listeners = new Set<Listener>();
  const complaints: RunningBot['complaints'] = [];
  const hear = (fields: object, message: string) => {
    for (const listener of listeners) listener(message, fields as Record<string, unknown>);
  };
  const complain = (fields: object, message: string) => {
    complaints.push({ message, fields });
    hear(fields, message);
  };
  const log: Log = { debug: () => undefined, info: hear, warn: complain, error: complain };
  const config = await loadConfig(around.configFile, around.env);
  const bot = await startStratobot(config, { log, ...(pacing ? { pacing } : {}) });
  around.github.setWebhookUrl(`${bot.url}/api/github/webhooks`);
  const { world } = bot;

  const build = async (id: number) => {
    const row = await world.records.builds.get(id);
    if (row === null) throw new Error(`there is no build ${id}`);
    return row;
  };
  listeners.add((message, fields) => {
    if (message === 'build moved') build(Number(fields.build)).then(onMove, () => undefined);
  });
  return {
    url: bot.url,
    world,
    build,
    complaints,
    async handled() {
      await around.github.settled();
      while ((await world.records.deliveries.unfinished(Date.now() + 1)).length > 0) await delay(10);
    },
    buildsReach: (states, wanted) =>
      new Promise((resolve) => {
        const reached: { id: number; at: number }[] = [];
        const listener: Listener = (message, fields) => {
          if (message !== 'build moved' || !states.includes(fields.to as BuildStateKind)) return;
          reached.push({ id: Number(fields.build), at: performance.now() });
          if (reached.length < wanted) return;
          listeners.delete(listener);
          resolve(reached);
        };
        listeners.add(listener);
      }),
    deploysReach: (state) =>
      new Promise((resolve) => {
        const listener: Listener = (message, fields) => {
          if (message !== 'deploy moved' || fields.to !== state) return;
          listeners.delete(listener);
          resolve(performance.now());
        };
        listeners.add(listener);
      }),
    close: () => bot.close('end of the test'),
  };
}
