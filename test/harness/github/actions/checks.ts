/** Check runs: made and updated by the App, asked for again by people. */
import type { Act } from '../act.ts';
import { invalid, refused } from '../errors.ts';
import type { Annotation, CheckAction, CheckRun, Repository } from '../model.ts';
import { renderCheckSuite, renderWebhookCheckRun } from '../render/check.ts';

/** The fields a client may give; what is missing stays as it is. */
export interface CheckRunFields {
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly output?: { title?: string; summary: string; text?: string; annotations?: Annotation[] };
  readonly actions?: CheckAction[];
}

export function createCheckRun(
  act: Act,
  repo: Repository,
  headSha: string,
  fields: CheckRunFields,
): CheckRun {
  const suite = repo.checkRuns.find((other) => other.headSha === headSha)?.suiteId;
  const check: CheckRun = {
    id: act.world.nextId(),
    suiteId: suite ?? act.world.nextId(),
    repo,
    headSha,
    name: '',
    status: 'queued',
    conclusion: null,
    startedAt: act.world.now(),
    completedAt: null,
    detailsUrl: null,
    externalId: '',
    output: { title: null, summary: null, text: null },
    annotations: [],
    actions: [],
  };
  repo.checkRuns.push(check);
  assign(act, check, fields);
  raise(act, check, check.status === 'completed' ? 'completed' : 'created');
  return check;
}

export function updateCheckRun(act: Act, check: CheckRun, fields: CheckRunFields): void {
  const wasCompleted = check.status === 'completed';
  assign(act, check, fields);
  if (check.status === 'completed' && !wasCompleted) raise(act, check, 'completed');
  else act.world.changed('check', check);
}

/** Somebody presses "Re-run". */
export function rerequestCheckRun(act: Act, check: CheckRun): void {
  raise(act, check, 'rerequested');
}

/** Somebody presses "Re-run all checks". */
export function rerequestCheckSuite(act: Act, check: CheckRun): void {
  act.raise(check.repo, 'check_suite', {
    action: 'rerequested',
    check_suite: renderCheckSuite(act.world, check),
  });
}

/** Somebody presses a button that the App put on the check. */
export function requestAction(act: Act, check: CheckRun, identifier: string): void {
  if (!check.actions.some((action) => action.identifier === identifier)) {
    throw refused(422, `check ${check.name} has no button "${identifier}"`);
  }
  const check_run = renderWebhookCheckRun(act.world, check);
  act.raise(check.repo, 'check_run', {
    action: 'requested_action',
    check_run,
    requested_action: { identifier },
  });
}

/** A conclusion completes the run; a run that is queued or started again has none. */
function assign(act: Act, check: CheckRun, fields: CheckRunFields): void {
  if (fields.status === 'completed' && fields.conclusion === undefined) {
    throw invalid('CheckRun', 'conclusion', 'missing_field');
  }
  check.name = fields.name ?? check.name;
  check.detailsUrl = fields.details_url ?? check.detailsUrl;
  check.externalId = fields.external_id ?? check.externalId;
  check.startedAt = wholeSeconds(fields.started_at) ?? check.startedAt;
  if (fields.output !== undefined) {
    const { title, summary, text } = fields.output;
    check.output = { title: title ?? null, summary, text: text ?? null };
    // GitHub adds to the annotations that are there, and never takes one away.
    check.annotations.push(...(fields.output.annotations ?? []));
  }
  check.actions = fields.actions ?? check.actions;
  if (fields.conclusion !== undefined) {
    check.status = 'completed';
    check.conclusion = fields.conclusion;
    check.completedAt = wholeSeconds(fields.completed_at) ?? act.world.now();
  } else if (fields.status !== undefined && fields.status !== 'completed') {
    check.status = fields.status;
    check.conclusion = null;
    check.completedAt = null;
  }
}

function wholeSeconds(time: string | undefined): string | undefined {
  return time === undefined ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function raise(act: Act, check: CheckRun, action: string): void {
  act.raise(check.repo, 'check_run', { action, check_run: renderWebhookCheckRun(act.world, check) });
  act.world.changed('check', check);
}
