/** Where a test stops something that comes by, once, so that it can do harm in just that moment. */
export interface Holds<T> {
  /** Resolves when something that fits stands still, with what lets it go on. */
  next(fits: (what: T) => boolean): Promise<() => void>;
  /** Waits, if a test wants this one to stand still. */
  pass(what: T): Promise<void>;
}

export function holds<T>(): Holds<T> {
  const wanted: { fits: (what: T) => boolean; held: (letGo: () => void) => void }[] = [];
  return {
    next: (fits) => new Promise((held) => wanted.push({ fits, held })),
    async pass(what) {
      const at = wanted.findIndex(({ fits }) => fits(what));
      const [found] = at < 0 ? [] : wanted.splice(at, 1);
      if (found) await new Promise<void>((letGo) => found.held(letGo));
    },
  };
}
