import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { handledEvents } from '../../src/handlers/translate.ts';

const manifest = parse(await readFile(new URL('../../app.yml', import.meta.url), 'utf8'));

test('the App subscribes to exactly the events that handlers translate', () => {
  expect([...manifest.default_events].sort()).toEqual([...handledEvents].sort());
});

test('every permission says in a comment what it is for', async () => {
  const text = await readFile(new URL('../../app.yml', import.meta.url), 'utf8');
  const lines = text.slice(text.indexOf('default_permissions:')).trim().split('\n').slice(1);
  const permissions = lines.flatMap((line, i) => (/^ {2}\w+: /.test(line) ? [[line, lines[i - 1]]] : []));
  expect(permissions).toHaveLength(Object.keys(manifest.default_permissions).length);
  for (const [, before] of permissions) expect(before).toMatch(/^ {2}# \S/);
});
