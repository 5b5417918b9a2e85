import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach } from 'vitest';
import { GitHubDouble } from '../../harness/github/double.ts';

export const secret = 'a webhook secret';
export const repo = { owner: 'EESSI', repo: 'software-layer' };
export const name = 'EESSI/software-layer';
export const log = { debug() {}, info() {}, warn() {}, error() {} };

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Received {
  event: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  payload: Record<string, never>;
}

/** A folder of the running test. */
export let dir: string;
/** The double of the running test: alice writes, bob maintains and reviews, carol triages. */
export let github: GitHubDouble;
/** Webhooks that arrived in the running test. */
export let received: Received[];

let receiver: Server;
let receiverStatus: number;

/** Every test of a file gets its own double, and a receiver for its webhooks. */
export function freshDoubleForEachTest(): void {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'github-double-'));
    received = [];
    receiverStatus = 200;
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      received.push({
        event: String(request.headers['x-github-event']),
        headers: request.headers,
        text,
        payload: JSON.parse(text),
      });
      response.writeHead(receiverStatus).end('{}');
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    github = await GitHubDouble.start({ dir, webhookSecret: secret, publicKey });
    github.addOrg('EESSI');
    for (const login of ['alice', 'bob', 'carol']) github.addUser(login);
    await github.createRepository(name, {
      files: { 'README.md': 'hello\n', 'bot/build.sh': { content: '#!/bin/bash\n', mode: '100755' } },
    });
    github.setPermission(name, 'bob', 'maintain');
    github.setPermission(name, 'carol', 'triage');
    github.addTeam('EESSI/reviewers', ['bob']);
    await github.installApp('EESSI');
    github.setWebhookUrl(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  });

  afterEach(async () => {
    await github.close();
    receiver.closeAllConnections();
    receiver.close();
    await rm(dir, { recursive: true, force: true });
  });
}

/** What the receiver answers to webhooks from now on. */
export function answerWebhooksWith(status: number): void {
  receiverStatus = status;
}

export function lastEvent(): Received {
  const last = received.at(-1);
  if (last === undefined) throw new Error('nothing was received');
  return last;
}

/** A token as the App signs it. */
export function jwt(claims: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now, exp: now + 300, iss: 4242, ...claims })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
}

/** The App itself. */
export function appClient(token = jwt()): Octokit {
  return new Octokit({ baseUrl: github.url, auth: token, log });
}

/** The App's installation on the repository. */
export async function client(
  limits: { repositories?: string[]; permissions?: Record<string, string> } = {},
): Promise<{ octokit: Octokit; token: string }> {
  const app = appClient();
  const { data: installation } = await app.apps.getRepoInstallation(repo);
  const { data } = await app.apps.createInstallationAccessToken({
    installation_id: installation.id,
    ...limits,
  });
  return { octokit: new Octokit({ baseUrl: github.url, auth: data.token, log }), token: data.token };
}

/** alice's pull request. */
export async function openPull(fork = false) {
  const changes = { 'easystacks/zlib.yml': 'easyconfigs:\n  - zlib-1.3.eb\n' };
  return await github.openPullRequest(name, {
    by: 'alice',
    title: 'Add zlib',
    body: 'please',
    changes,
    fork,
  });
}
