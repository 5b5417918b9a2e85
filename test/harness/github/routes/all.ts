/** Every route the double answers, and how a path finds its route. */
import { appRoutes } from './app.ts';
import { checkRoutes } from './checks.ts';
import { contentRoutes } from './contents.ts';
import { gitRoutes } from './git.ts';
import { issueRoutes } from './issues.ts';
import { pullRoutes } from './pulls.ts';
import { repositoryRoutes } from './repositories.ts';
import type { Route } from './route.ts';

export const routes: readonly Route[] = [
  ...appRoutes,
  ...repositoryRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...gitRoutes,
  ...contentRoutes,
];

/** These parameters may hold slashes. */
const long = new Set(['ref', 'path', 'basehead', 'branch']);

const matchers = routes.map((route) => {
  const pattern = route.template
    .replace(/\/\{path\}$/, '(?:/(?<path>.*))?')
    .replace(/\{(\w+)\}/g, (_, name: string) => (long.has(name) ? `(?<${name}>.*)` : `(?<${name}>[^/]+)`));
  return { route, pattern: new RegExp(`^${pattern}$`) };
});

/** The route of a request with its decoded parameters (`*path` is the path itself), or null. */
export function findRoute(
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | null {
  for (const { route, pattern } of matchers) {
    const found = route.method === method ? pattern.exec(path) : null;
    if (found === null) continue;
    const named = Object.entries(found.groups ?? {});
    const params = Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value ?? '')]));
    return { route, params: { ...params, '*path': path } };
  }
  return null;
}
