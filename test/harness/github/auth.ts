/** Who a request comes from: the App by its JWT, an installation by its token. */
import { createVerify, type KeyObject } from 'node:crypto';
import { refused } from './errors.ts';
import type { AccessToken, Json, Repository } from './model.ts';
import type { Route } from './routes/route.ts';
import type { World } from './world.ts';

/** GitHub takes JWTs that live at most ten minutes. */
const longestJwtSeconds = 600;
const clockSkewSeconds = 60;

/** Checks an App's JWT, and its signature where the public key is known; throws 401. */
export function checkJwt(
  world: World,
  authorization: string | undefined,
  publicKey: string | KeyObject | undefined,
): void {
  const token = credential(authorization);
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  const claims = parts.length === 3 ? parse(payload) : null;
  if (claims === null) throw refused(401, 'A JSON web token could not be decoded');
  const now = world.milliseconds() / 1000;
  const expires = Number(claims.exp);
  if (!(expires > now))
    throw refused(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time",
    );
  if (expires > now + longestJwtSeconds + clockSkewSeconds)
    throw refused(401, "'Expiration time' claim ('exp') is too far in the future");
  if (String(claims.iss) !== String(world.app.id))
    throw refused(401, "'Issuer' claim ('iss') must be an Integer");
  if (publicKey === undefined) return;
  const verifier = createVerify('RSA-SHA256').update(`${header}.${payload}`);
  const isRs256 = parse(header)?.alg === 'RS256';
  if (!isRs256 || !verifier.verify(publicKey, Buffer.from(signature, 'base64url'))) {
    throw refused(401, 'A JSON web token could not be decoded');
  }
}

/** The installation token of a request; throws 401. */
export function tokenOf(world: World, authorization: string | undefined): AccessToken {
  const token = world.tokens.get(credential(authorization));
  if (token === undefined || token.expiresAt <= world.milliseconds()) throw refused(401, 'Bad credentials');
  return token;
}

/** `Bearer x`, `token x`, or Basic with the token as the password. */
function credential(authorization: string | undefined): string {
  if (authorization === undefined) throw refused(401, 'Requires authentication');
  const [scheme = '', value = ''] = authorization.split(' ');
  if (scheme.toLowerCase() !== 'basic') return value;
  return basicCredential(authorization)?.password ?? '';
}

export function basicCredential(
  authorization: string | undefined,
): { user: string; password: string } | null {
  const found = /^basic +(.+)$/i.exec(authorization ?? '');
  if (found?.[1] === undefined) return null;
  const [user = '', ...password] = Buffer.from(found[1], 'base64').toString().split(':');
  return { user, password: password.join(':') };
}

function parse(part: string): Json | null {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
  } catch {
    return null;
  }
}

/** Whether a token reaches a repository: it belongs to the installation and is not limited to others. */
export function covers(token: AccessToken, repo: Repository): boolean {
  if (token.installation.account.id !== repo.owner.id) return false;
  return token.repositories?.includes(repo.id) ?? true;
}

/** Throws 404 for what the token cannot see, 403 for what it may not do. */
export function checkAccess(route: Route, token: AccessToken, repo: Repository | null): void {
  const [names = '', level = ''] = route.needs.split(':');
  if (repo !== null && !covers(token, repo)) {
    if (repo.isPrivate) throw refused(404, 'Not Found');
    if (level === 'read') return;
    throw refused(403, 'Resource not accessible by integration');
  }
  const granted = names.split('|').map((name) => (name === 'metadata' ? 'read' : token.permissions[name]));
  if (granted.some((given) => given === 'write' || given === 'admin' || given === level)) return;
  throw refused(403, 'Resource not accessible by integration');
}
