import type { Reading } from './source.ts';

/** What the page of a log, whose links do not repeat the key, keeps it in. */
const COOKIE = 'stratobot-log';

/** The key that a reader shows: in the link, or remembered by a browser that came with one. */
export function keyOf({ request, url }: Pick<Reading, 'request' | 'url'>): string | null {
  const cookies = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
  const kept = cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return url.searchParams.get('key') ?? kept ?? null;
}

/** Lets a browser that came with the key remember it, for this log alone and until it is closed. */
export function rememberKey({ response, url, id }: Reading, publicUrl: string): void {
  const key = url.searchParams.get('key');
  if (key === null || !/^[\w-]{1,100}$/.test(key)) return;
  const { pathname, protocol } = new URL(publicUrl);
  const path = `${pathname.replace(/\/$/, '')}/builds/${id}/`;
  const secure = protocol === 'https:' ? '; Secure' : '';
  response.setHeader('Set-Cookie', `${COOKIE}=${key}; Path=${path}; HttpOnly; SameSite=Lax${secure}`);
}
