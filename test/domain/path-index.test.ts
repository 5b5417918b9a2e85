import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PathIndex, type PathKind } from '../../src/domain/path-index.ts';

/** The same with whole paths in a Map. */
class Plain {
  readonly #kinds = new Map<string, PathKind>();
  get = (path: string): PathKind | null => this.#kinds.get(path) ?? null;
  set = (path: string, kind: PathKind): void => void this.#kinds.set(path, kind);
  enter(path: string): { path: string; kind: PathKind } | null {
    const parts = path.split('/');
    for (let count = 1; count < parts.length; count++) {
      const above = parts.slice(0, count).join('/');
      const kind = this.get(above);
      if (kind === 'file' || kind === 'symlink') return { path: above, kind };
      if (kind === null) this.set(above, 'implied');
    }
    return null;
  }
}

it('remembers what a map of whole paths would, in whatever order it is asked', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'é'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const kind = fc.constantFrom<PathKind>('implied', 'directory', 'file', 'symlink');
  const step = fc.tuple(fc.constantFrom('get', 'set', 'enter'), path, kind);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [index, plain] = [new PathIndex(), new Plain()];
      for (const [what, at, as] of steps) {
        if (what === 'set') {
          index.set(at, as);
          plain.set(at, as);
        } else if (what === 'get') expect(index.get(at)).toBe(plain.get(at));
        else expect(index.enter(at)).toEqual(plain.enter(at));
      }
    }),
    { numRuns: 300 },
  );
});
