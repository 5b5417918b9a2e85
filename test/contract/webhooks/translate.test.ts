/** What recorded webhooks mean, in the product's own words. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { translateEvent } from '../../../src/handlers/translate.ts';
import { names, recording } from './recordings.ts';

test('recordings are as GitHub sent them', async () => {
  const source = fileURLToPath(import.meta.resolve('@octokit/webhooks-examples'));
  const known: { name: string; examples: unknown[] }[] = JSON.parse(await readFile(source, 'utf8'));
  for (const name of names.filter((one) => !one.includes('-'))) {
    const { event, payload } = await recording(name);
    expect(known.find((one) => one.name === event)?.examples, name).toContainEqual(payload);
  }
});

describe('translation', () => {
  test.each(names)('%s', async (name) => {
    const { event, payload } = await recording(name);
    expect(translateEvent(event, payload)).toMatchSnapshot();
  });

  test('names the field that does not fit', async () => {
    const { event, payload } = await recording('pull_request.opened');
    const broken = {
      ...payload,
      pull_request: { number: 2, updated_at: '2026-01-02T03:04:05Z', head: { sha: '../x' } },
    };
    expect(() => translateEvent(event, broken)).toThrow('"pull_request.head.sha"');
    expect(() => translateEvent(event, { action: 'opened' })).toThrow('"repository"');
  });

  test.each([
    'issue_comment.created-on-pull-request',
    'pull_request.closed',
    'pull_request_review.submitted',
  ])('%s has a number that PostgreSQL can keep', async (name) => {
    const { event, payload } = await recording(name);
    const numbered = (number: number) => {
      const { issue, pull_request } = payload as Record<string, object>;
      return { ...payload, issue: { ...issue, number }, pull_request: { ...pull_request, number } };
    };
    expect(translateEvent(event, numbered(2 ** 31 - 1))).toMatchObject({ number: 2 ** 31 - 1 });
    expect(() => translateEvent(event, numbered(2 ** 31))).toThrow('number"');
  });

  test('of an action too deep for the stack is nothing', () => {
    let action: unknown[] = [];
    for (let depth = 0; depth < 50_000; depth += 1) action = [action];
    expect(translateEvent('pull_request', { action })).toBeNull();
  });

  test('of an edit by a bot, of a bot, or of nothing but the title is nothing', async () => {
    const { event, payload } = await recording('issue_comment.edited');
    const changes = { body: { from: 'before' } };
    const bot = { login: 'helper', type: 'Bot' };
    const { comment } = payload as { comment?: object };
    const through = { ...comment, performed_via_github_app: { id: 1 } };
    expect(translateEvent(event, { ...payload, changes })).toMatchObject({
      kind: 'edited',
      before: 'before',
    });
    for (const odd of [{ sender: bot }, { comment: through }, { changes: {} }])
      expect(translateEvent(event, { ...payload, changes, ...odd })).toBeNull();
  });

  test.each([[null], [5], ['text'], [[]], [{}], [{ action: {} }]])('of %j is nothing', (payload) => {
    expect(translateEvent('pull_request', payload)).toBeNull();
  });
});
