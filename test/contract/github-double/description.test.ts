/** The double is held to GitHub's own description of its API. */
import { describe, expect, it } from 'vitest';
import { answerProblems, operation, payloadProblems } from '../../harness/github/openapi.ts';
import { routes } from '../../harness/github/routes/all.ts';

describe('the description', () => {
  it('has every route of the double', () => {
    const unknown = routes.filter((route) => operation(route.method, route.template) === undefined);
    expect(unknown.map((route) => `${route.method} ${route.template}`)).toEqual([]);
  });

  it('tells what an answer or a webhook lacks, and what it made up', () => {
    const op = operation('GET', '/repos/{owner}/{repo}/issues/{issue_number}/labels');
    if (op === undefined) throw new Error('no such operation');
    const label = {
      id: 1,
      node_id: 'x',
      url: 'https://x.example',
      name: 'x',
      description: null,
      default: false,
    };
    expect(answerProblems(op, 200, [{ ...label, color: 'red' }])).toEqual([]);
    expect(answerProblems(op, 200, [{ ...label, colour: 'red' }])).toEqual([
      "issues/list-labels-on-issue answer 200/0: must have required property 'color'",
      'issues/list-labels-on-issue answer 200/0/colour: a field GitHub does not know',
    ]);
    expect(answerProblems(op, 202, [])).toEqual(['issues/list-labels-on-issue answer 202: not described']);
    expect(payloadProblems('issue_comment', { action: 'created' })).toContain(
      "webhook issue_comment/created: must have required property 'comment'",
    );
    expect(payloadProblems('issue_comment', { action: 'sung' })).toEqual([
      'webhook issue_comment/sung: GitHub sends no such event',
    ]);
  });
});
