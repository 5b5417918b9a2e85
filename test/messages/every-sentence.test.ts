/** Every function of src/messages/ has example calls; what they say is in said/, to be read as the person who gets it. */
import { readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outside } from './samples/sample.ts';
import { markdownOf, skeleton, TURNING } from './skeleton.ts';

type AnyModule = Record<string, (...args: unknown[]) => unknown>;
type AnySamples = Record<string, Record<string, (o: Outside) => unknown[]>>;

const source = new URL('../../src/messages/', import.meta.url);
const modules = (await readdir(source)).filter((file) => file.endsWith('.ts')).sort();
const asIs: Outside = (text) => text;

/** Every call of a module's samples. */
async function callsOf(file: string) {
  const said: AnyModule = await import(new URL(file, source).href);
  const { samples }: { samples: AnySamples } = await import(new URL(`samples/${file}`, import.meta.url).href);
  const functions = Object.keys(said).filter((name) => typeof said[name] === 'function');
  const calls = functions.flatMap((name) =>
    Object.entries(samples[name] ?? {}).map(([about, args]) => ({
      name,
      about,
      say: (o: Outside): unknown => said[name]?.(...args(o)),
    })),
  );
  return { functions, sampled: Object.keys(samples), calls };
}

test.each(modules)('%s: every function has an example, and says what it always said', async (file) => {
  const { functions, sampled, calls } = await callsOf(file);
  expect(sampled.sort()).toEqual(functions.sort());
  const parts = calls.map(({ name, about, say }) => `<!-- ${name}: ${about} -->\n\n${shown(say(asIs))}\n`);
  expect(new Set(calls.map(({ name }) => name)).size, 'functions that are called').toBe(functions.length);
  await expect(`${parts.join('\n')}`).toMatchFileSnapshot(`said/${file.replace('.ts', '.md')}`);
});

test('nothing is left of modules that are gone', async () => {
  for (const [folder, end] of [
    ['samples', '.ts'],
    ['said', '.md'],
  ] as const) {
    const there = (await readdir(new URL(folder, import.meta.url))).map((file) => file.replace(end, '.ts'));
    expect(there.filter((file) => !modules.includes(file) && !HELPERS.includes(file))).toEqual([]);
  }
});
const HELPERS = ['sample.ts', 'views.ts'];

/** Fragments that stand inside a line or a tag of ours. */
const NO_MARKDOWN: readonly string[] = ['plain', 'html', 'prose', 'targetNames'];

const NASTY = [
  '**b** _i_ ~~s~~ <b>x</b> <img src=x onerror=y> @everyone @o/team #1 o/r#2 GH-3',
  '](https://evil.example) ![i](https://evil.example/x.png) <https://evil.example> www.evil.example',
  '\n\n# heading\n\n- item\n\n> quote\n\n| a | b |\n|---|---|\n',
  '`` ``` ` | \\` \\| \\',
  '</code></summary></details><!-- -->\n```\n</pre>',
  '--> <!-- &lt;b&gt; &#64;everyone \u202etxt\u0000\u001b[31m',
];
const marks = fc.string({ unit: fc.constantFrom(...'`|@#<>[]()*_~\\!&\n\r\t\u202e:/. -1a'), maxLength: 40 });
const nasty = fc.oneof(fc.constantFrom(...NASTY), marks);

test('whatever people of outside write, a message keeps its form, and nobody is called', async () => {
  const calls = (await Promise.all(modules.map(callsOf))).flatMap((one) => one.calls);
  const tame = calls
    .filter(({ name }) => !NO_MARKDOWN.includes(name))
    .map((call) => ({ ...call, form: skeleton(markdownOf(call.say(asIs))) }));
  fc.assert(
    fc.property(nasty, fc.boolean(), (text, first) => {
      const hostile: Outside = (own) => (first ? `${text}${own}` : `${own}${text}`);
      for (const { name, about, say, form } of tame) {
        const said = say(hostile);
        expect(skeleton(markdownOf(said)), `${name}: ${about}`).toEqual(form);
        expect(JSON.stringify(said, withoutPaths), `${name}: ${about}`).not.toMatch(TURNING);
      }
    }),
    {
      seed: 6,
      numRuns: 30,
      examples: NASTY.flatMap((text): [string, boolean][] => [
        [text, true],
        [text, false],
      ]),
    },
  );
});

/** A path is GitHub's to show: it names a file of the pull request. */
const withoutPaths = (key: string, value: unknown) => (key === 'path' ? '' : value);

/** A result as it stands in the snapshot. */
function shown(result: unknown): string {
  if (typeof result === 'string') return result.length > 10_000 ? result.slice(-100) : result;
  if (typeof result === 'function') return `${result}`;
  if (typeof result !== 'object' || result === null) return `${result}`;
  if (Array.isArray(result)) return result.map(shown).join('\n\n');
  const { summary, ...rest } = result as { summary?: string };
  return [
    ...(Object.keys(rest).length > 0 ? [`\`\`\`json\n${JSON.stringify(rest, null, 2)}\n\`\`\``] : []),
    ...(summary === undefined ? [] : [summary]),
  ].join('\n\n');
}
