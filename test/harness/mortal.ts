/** One life of a bot, counted in what it asks of the world: after a given step nothing of it has an effect any more. */
export interface Life {
  /** Names of the steps, in the order they began. */
  steps: string[];
  /** The world as this life sees it: the last part of `counts` says which of its calls are steps. */
  mortal<Port extends object>(
    port: Port,
    name: string,
    counts: (name: string, args: unknown[]) => boolean,
  ): Port;
  died(): boolean;
}

/** @param last the step after which it dies; what it returned is never seen */
export function lifeUntil(last: number): Life {
  const steps: string[] = [];
  let dead = false;
  const refuse = () => {
    if (dead) throw new Error('died');
  };
  const life: Life = {
    steps,
    died: () => dead,
    mortal: (port, name, counts) =>
      new Proxy(port, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key);
          const path = `${name}.${String(key)}`;
          if (typeof value === 'object' && value !== null) return life.mortal(value, path, counts);
          if (typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            refuse();
            const counted = counts(path, args);
            const index = counted ? steps.push(path) - 1 : -1;
            const result: unknown = await Reflect.apply(value, target, args);
            if (counted && index === last) dead = true;
            refuse();
            return result;
          };
        },
      }),
  };
  return life;
}
