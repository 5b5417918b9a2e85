import { z } from 'zod';
import type { ButtonEvent } from '../domain/events.ts';
import { account, readPayload, repository, sha } from './payload.ts';

const checkRun = z.object({ head_sha: sha, external_id: z.string().nullable() });
const onCheck = z.object({ repository, check_run: checkRun, sender: account });
const onAction = onCheck.extend({ requested_action: z.object({ identifier: z.string() }) });
const onSuite = z.object({ repository, check_suite: z.object({ head_sha: sha }), sender: account });

/** `check_run.rerequested`: "Re-run" on one check. */
export function checkRerequested(payload: unknown): ButtonEvent {
  return onRun(readPayload(onCheck, payload), 'retry');
}

/** `check_run.requested_action`: a button that the App put there; null for one it does not put there (any more). */
export function checkActionRequested(payload: unknown): ButtonEvent | null {
  const read = readPayload(onAction, payload);
  const { identifier } = read.requested_action;
  return identifier === 'retry' || identifier === 'cancel' ? onRun(read, identifier) : null;
}

/** `check_suite.rerequested`: "Re-run all checks" of a commit. */
export function suiteRerequested(payload: unknown): ButtonEvent {
  const { repository, check_suite, sender } = readPayload(onSuite, payload);
  return {
    kind: 'button',
    button: 'retry',
    repo: repository.full_name,
    headSha: check_suite.head_sha,
    externalId: null,
    by: sender,
  };
}

function onRun({ repository, check_run, sender }: z.infer<typeof onCheck>, button: ButtonEvent['button']) {
  return {
    kind: 'button' as const,
    button,
    repo: repository.full_name,
    headSha: check_run.head_sha,
    externalId: check_run.external_id ?? '',
    by: sender,
  };
}
