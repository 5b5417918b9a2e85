import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { parse } from 'yaml';
import { createGitHub, type GitHubOptions } from '../../../src/github/github.ts';
import { GitHubDouble } from '../../harness/github/double.ts';

const manifest = parse(await readFile(new URL('../../../app.yml', import.meta.url), 'utf8'));
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The port, as the product makes it. */
export const connect = (options: Partial<GitHubOptions> = {}) =>
  createGitHub({ appId: 4242, privateKey, log: quiet, ...options });

export const repo = 'eessi/software-layer';
export const staging = 'eessi/staging';

/** One double for a file, whose state grows with its tests. */
export let double: GitHubDouble;
/** A port of its own for the running test. */
export let github: ReturnType<typeof connect>;
/** A pull request of its own for the running test. */
export let pull: { number: number; head: { sha: string } };

/** The port against a GitHub that holds state; a request that GitHub does not know fails the test. */
export function againstTheDouble(): void {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'github-contract-'));
    double = await GitHubDouble.start({
      dir,
      webhookSecret: 'unused here',
      publicKey,
      // The App's own manifest: what it asks for must be enough.
      permissions: manifest.default_permissions,
      events: manifest.default_events,
    });
    double.addOrg('eessi');
    for (const login of ['ann', 'bob', 'eve', 'kim']) double.addUser(login);
    await double.createRepository(repo, { files: { 'README.md': 'start\n' } });
    await double.installApp('eessi');
    double.addTeam('eessi/deployers', ['bob']);
    double.setPermission(repo, 'ann', 'write');
    double.setPermission(repo, 'kim', 'maintain');
    await double.createRepository(staging, { files: { 'README.md': 'start\n', 'keep.txt': 'kept\n' } });
  });
  beforeEach(async () => {
    github = connect({ apiUrl: double.url, gitUrl: double.url });
    pull = await double.openPullRequest(repo, { by: 'ann', title: 'Add X', changes: { 'x.yml': 'x' } });
    // So that what follows counts its own requests only: installation, token, and this one.
    await github.role(repo, 'ann');
    expect(github.requests()).toBe(3);
  });
  afterEach(() => {
    expect(double.violations).toEqual([]);
    expect(double.pendingFaults).toEqual([]);
  });
  afterAll(async () => {
    await double?.close();
    await rm(dir, { recursive: true });
  });
}

/** The value of `call`, which must take `requests` requests. */
export async function taking<T>(requests: number, call: Promise<T>): Promise<T> {
  const before = github.requests();
  const value = await call;
  expect(github.requests() - before).toBe(requests);
  return value;
}
