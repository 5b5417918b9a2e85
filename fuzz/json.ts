/** JSON with something else where a reader expects what it knows. */
import type { Random } from './random.ts';
import { character, mutated, piece, pieces } from './texts.ts';

const NUMBERS = [0, -0, -1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e308, 5e-324];
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '', '\0', '0'];

/** A copy in which a few values were changed, taken away or put elsewhere. */
export function mutatedJson(value: unknown, random: Random): unknown {
  let changed = value;
  for (let left = 1 + random.below(3); left > 0; left -= 1) changed = changeSomewhere(changed, random);
  return changed;
}

/** Walks down at random, and changes what is there; everything above it is copied. */
function changeSomewhere(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.once(12)) return instead(value, random);
  if (Array.isArray(value)) {
    const list: unknown[] = [...value];
    const at = random.below(list.length + 1);
    if (random.once(4)) list.splice(at, 1);
    else list[at] = changeSomewhere(list[at], random);
    return list;
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const [key, old] = entries[at] ?? [random.pick(KEYS), undefined];
  if (random.once(5)) entries.splice(at, 1);
  else if (random.once(8)) entries[at] = [random.pick(KEYS), old];
  else entries[at] = [key, changeSomewhere(old, random)];
  return fromEntries(entries);
}

/** `__proto__` as a key of its own, as JSON.parse makes it. */
function fromEntries(entries: readonly [string, unknown][]): object {
  const object = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

function instead(old: unknown, random: Random): unknown {
  switch (random.below(11)) {
    case 0:
      return null;
    case 1:
      return random.once(2);
    case 2:
      return random.pick(NUMBERS);
    case 3:
      if (typeof old === 'number') return old + random.pick(NUMBERS);
      // An object may have a `toString` of its own by now, which is no function.
      return typeof old === 'object' ? Object.prototype.toString.call(old) : String(old);
    case 4:
      return pieces(random, 30);
    case 5:
      return [old];
    case 6:
      return { [random.pick(KEYS)]: old };
    case 7:
      return nested(old, 2 + random.upTo(3_000), random.once(2));
    case 8:
      return character(random);
    case 9:
      return piece(random).repeat(1 + random.upTo(20_000));
    default:
      return typeof old === 'string' ? mutated(old, random) : [];
  }
}

function nested(value: unknown, depth: number, inLists: boolean): unknown {
  let outer = value;
  for (let left = depth; left > 0; left -= 1) outer = inLists ? [outer] : { a: outer };
  return outer;
}
