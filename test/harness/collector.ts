/** Things that happen, and a way to wait for a number of them. */
export function collector<T>() {
  const all: T[] = [];
  let wake = () => {};
  return {
    all,
    add(thing: T) {
      all.push(thing);
      wake();
    },
    async take(count: number): Promise<T[]> {
      while (all.length < count) {
        const changed = Promise.withResolvers<void>();
        wake = changed.resolve;
        await changed.promise;
      }
      return [...all];
    },
  };
}
