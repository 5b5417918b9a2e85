/** Check runs: made and updated by the App, asked for again by people. */
import type { Act } from '../act.ts';
import { invalid } from '../errors.ts';
import type { CheckRun, Repository } from '../model.ts';
import { renderWebhookCheckRun } from '../render/check.ts';

/** The fields a client may give; what is missing stays as it is. */
export interface CheckRunFields {
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly output?: { title?: string; summary: string; text?: string };
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
  }
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
