import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('../../fixtures/webhooks/', import.meta.url);

/** Names of the recorded webhooks: the event, a dot, what happened. */
export const names = (await readdir(folder))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -5));

/** A recorded webhook. */
export async function recording(name: string): Promise<{ event: string; payload: object }> {
  return JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'));
}
