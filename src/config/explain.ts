/** Turns what the schema refuses into problems a person can mend. */
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { ConfigDocument, Path, Wording } from './document.ts';
import { type Hint, hints } from './leaves.ts';
import type { Problem } from './problems.ts';
import { configFile } from './schema.ts';
import { secretFor } from './secrets.ts';

export function explainIssues(document: ConfigDocument, issues: readonly z.core.$ZodIssue[]): Problem[] {
  const misspelt = new Set(
    issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? meant(issue) : [])),
  );
  const missing = (path: Path) => valueAt(document.value, path) === undefined;
  const rest = issues.filter((issue) => !(misspelt.has(pathName(issue.path)) && missing(issue.path)));
  return rest.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(document, issue.path, key))
      : [wrongValue(document, issue.path)],
  );
}

/** Paths of the keys that the unknown ones were meant to be: no need to say that those are missing. */
function meant({ keys, path }: z.core.$ZodIssueUnrecognizedKeys): string[] {
  return keys.flatMap((key) => {
    const near = nearest(key, keysAt(path));
    return near === null ? [] : [pathName([...path, near])];
  });
}

function unknownKey(document: ConfigDocument, path: Path, key: string): Problem {
  const secret = secretFor(key, path);
  if (secret !== null) {
    return document.atKey([...path, key], {
      found: `\`${key}\` is a secret, and secrets are not read from this file`,
      expected: null,
      suggestion: `set the environment variable \`${secret}\`, or \`${secret}_FILE\` to the path of a file that holds it, and renew the secret if others could read this file`,
    });
  }
  const known = keysAt(path);
  const near = nearest(key, known);
  return document.atKey([...path, key], {
    found: `unknown key \`${key}\` in ${path.length === 0 ? 'the top level' : `\`${pathName(path)}\``}`,
    expected: near === null ? `one of ${known.map((name) => `\`${name}\``).join(', ')}` : null,
    suggestion: near === null ? null : `did you mean \`${near}\`?`,
  });
}

function wrongValue(document: ConfigDocument, path: Path): Problem {
  const { expected, example } = hintAt(path);
  const name = path.length === 0 ? 'the file' : `\`${pathName(path)}\``;
  const value = valueAt(document.value, path);
  const shown = typeof path.at(-1) === 'string' ? `${String(path.at(-1))}: ${example}` : `- ${example}`;
  const forExample = example === undefined ? null : `for example \`${shown}\``;
  if (value === undefined) {
    return document.atKey(path.slice(0, -1), {
      found: `${name} is missing`,
      expected,
      suggestion: forExample,
    });
  }
  const written = document.written(path);
  // YAML reads an unquoted 2025.06 as a number: right once it is text.
  if (typeof value !== 'string' && written !== null && schemaAt(path)?.safeParse(written).success) {
    const suggestion = `put it in quotes: \`${String(path.at(-1))}: '${written}'\``;
    return document.atValue(path, {
      found: `${name} is ${describe(value, written)}`,
      expected: 'text',
      suggestion,
    });
  }
  return document.atValue(path, {
    found: `${name} is ${describe(value, written)}`,
    expected,
    suggestion: forExample,
  });
}

function describe(value: unknown, written: string | null): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return `the text "${short(value)}"`;
  return typeof value === 'number' ? `the number ${written ?? value}` : `\`${written ?? String(value)}\``;
}

const SHOWN = 40;

/** Credentials in an address are covered, here as in the excerpt. */
function short(text: string): string {
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ').replace(/:\/\/[^/\s@]+@/g, '://…@');
  return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean;
}

/** `pools[0].nodes[1].ssh` */
export function pathName(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : index === 0 ? String(step) : `.${String(step)}`,
    )
    .join('');
}

/** The known name that a typo was most likely meant to be, or null. */
function nearest(typed: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const best = closest(typed, known);
  return distance(typed, best) <= Math.max(2, Math.floor(typed.length / 4)) ? best : null;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

function hintAt(path: Path): Hint {
  const layers = unwrapAll(schemaAt(path));
  for (const layer of layers) {
    const hint = hints.get(layer);
    if (hint !== undefined) return hint;
  }
  const base = layers.at(-1);
  if (base instanceof z.ZodObject) {
    const keys = Object.keys(base.shape).map((key) => `\`${key}\``);
    return { expected: `a mapping with the keys ${keys.join(', ')}` };
  }
  return { expected: `a ${base?.def.type ?? 'value'}` };
}

function keysAt(path: Path): string[] {
  const base = unwrapAll(schemaAt(path)).at(-1);
  return base instanceof z.ZodObject ? Object.keys(base.shape) : [];
}

function schemaAt(path: Path): z.ZodType | undefined {
  let schema: z.ZodType | undefined = configFile;
  for (const step of path) {
    const base: z.ZodType | undefined = unwrapAll(schema).at(-1);
    if (base instanceof z.ZodObject) schema = base.shape[String(step)] as z.ZodType | undefined;
    else if (base instanceof z.ZodArray) schema = base.element as z.ZodType;
    else return undefined;
  }
  return schema;
}

/** A schema and what it wraps, from the outside in: defaults, optionals, transformations. */
function unwrapAll(schema: z.ZodType | undefined): z.ZodType[] {
  if (schema === undefined) return [];
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return [schema, ...unwrapAll(schema.def.innerType as z.ZodType)];
  }
  if (schema instanceof z.ZodPipe) return [schema, ...unwrapAll(schema.def.in as z.ZodType)];
  return [schema];
}

/** What is wrong with a name that none of the known ones is. */
export function choice(typed: string, known: readonly string[]): Omit<Wording, 'found'> {
  const near = nearest(typed, known);
  return near === null
    ? { expected: `one of ${known.map((name) => `\`${name}\``).join(', ')}`, suggestion: null }
    : { expected: null, suggestion: `did you mean \`${near}\`?` };
}
