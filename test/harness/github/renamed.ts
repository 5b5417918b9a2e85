/** The old name of a repository leads on to its id, and the id is as good as its name. */
import type { ApiAnswer } from './routes/route.ts';
import { fullName, type World } from './world.ts';

/** A path that begins with a repository's id, by its name. */
export function pathById(world: World, path: string): string {
  const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  const repo = [...world.repositories.values()].find((one) => String(one.id) === id);
  return repo === undefined ? path : `/repos/${fullName(repo)}${rest}`;
}

/** What is answered for an old name: 301 to readers, 307 to others; null for any other path. */
export function redirection(
  world: World,
  { method, path, query }: { method: string; path: string; query: URLSearchParams },
): ApiAnswer | null {
  const [, name = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
  const repo = world.formerNames.get(name.toLowerCase());
  if (repo === undefined) return null;
  const url = `${world.url}/repositories/${repo.id}${rest}${query.size > 0 ? `?${query}` : ''}`;
  const body = { message: 'Moved Permanently', url, documentation_url: 'https://docs.github.com/rest' };
  return { status: method === 'GET' ? 301 : 307, headers: { location: url }, body };
}
