import { type Build, type BuildState, isFinal, type TestOutcome } from '../domain/build.ts';
import type { ButtonName } from '../domain/events.ts';
import type { Failure } from '../domain/failure.ts';
import { type RepositoryTarget, targetName } from '../domain/target.ts';
import { jobReport } from './job-report.ts';
import { code, codeBlock, count, duration, plain, sentence, size } from './markdown.ts';
import { placeAndReason } from './place.ts';
import { testNames } from './test-names.ts';

/** Title and summary of a build's check, and how GitHub should show it. */
export interface CheckText {
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  title: string;
  summary: string;
  annotations: CheckAnnotation[];
  actions: Button[];
}

/** A button on a check; GitHub takes labels and identifiers of 20 characters, descriptions of 40. */
export interface Button {
  label: string;
  identifier: ButtonName;
  description: string;
}

export const buttons = {
  retry: { label: 'Retry', identifier: 'retry', description: 'Build this again' },
  cancel: { label: 'Cancel', identifier: 'cancel', description: 'Stop this build' },
  retryAll: { label: 'Retry', identifier: 'retry', description: 'Build again what failed' },
  cancelAll: { label: 'Cancel', identifier: 'cancel', description: 'Stop all builds of this commit' },
} satisfies Record<string, Button>;

/** A remark beside a line of the pull request; plain text. */
interface CheckAnnotation {
  path: string;
  startLine: number;
  endLine: number;
  level: 'failure';
  title: string;
  message: string;
}

/** One check per build; `instance` keeps checks of several bots apart. */
export function buildCheck(
  instance: string,
  build: Build,
  repository: RepositoryTarget | undefined,
): CheckText {
  const name = `${instance} / ${targetName(build.target)}${repository ? ` / ${repository.version}` : ''}`;
  const status = isFinal(build.state)
    ? 'completed'
    : build.state.kind === 'queued'
      ? 'queued'
      : 'in_progress';
  const made = repository
    ? `For ${code(`${repository.name} ${repository.version}`)}, ${placeAndReason(build)}.`
    : '';
  const text = words(build);
  return {
    name,
    status,
    conclusion: conclusion(build),
    title: text.title,
    summary: [text.summary, made, ...jobReport(build)].filter(Boolean).join('\n\n'),
    annotations: annotations(build),
    actions: buttonsOf(build.state),
  };
}

function buttonsOf({ kind }: BuildState): Button[] {
  if (kind === 'failed' || kind === 'cancelled') return [buttons.retry];
  return kind === 'queued' || kind === 'starting' || kind === 'running' ? [buttons.cancel] : [];
}

/** 30 such lines, of four bytes a character, are below GitHub's 64 KiB. */
const LONGEST_LINE = 500;

/**
 * What the log says of a failure, beside what wrote the log: no line of the pull request is known to be the cause, so it
 * stands at the top of the build script. A failure that no log tells of has none.
 */
function annotations({ state, target }: Build): CheckAnnotation[] {
  if (state.kind !== 'failed' || state.failure.excerpt.length === 0) return [];
  const { sentence: reason, line, excerpt } = state.failure;
  const where =
    line === null ? 'The end of the log:' : `Around line ${line.toLocaleString('en-US')} of the log:`;
  const lines = excerpt.map((text) => plain(text, LONGEST_LINE));
  const message = [plain(reason.replaceAll('`', ''), 1000), '', where, '', ...lines].join('\n');
  const title = `${targetName(target)} failed`;
  return [{ path: BUILD_SCRIPT, startLine: 1, endLine: 1, level: 'failure', title, message }];
}

/** Writes the log of every build: existing repositories have it. */
const BUILD_SCRIPT = 'bot/build.sh';

/** The reason, and the lines of the log around it. */
function failureSummary({ sentence: reason, line, excerpt }: Failure): string {
  if (excerpt.length === 0) return `**Failed**: ${sentence(reason)}.`;
  const where = line === null ? 'The end of the log' : `The log around line ${line.toLocaleString('en-US')}`;
  return `**Failed**: ${sentence(reason)}.\n\n${where}:\n\n${codeBlock(excerpt.join('\n'))}`;
}

/** Which tests failed, and what that means. */
function failedTests(tests: TestOutcome): string {
  const names = testNames(tests);
  const which = (tests.failedTests ?? []).length > 0 ? `Failed tests: ${names}` : `Tests: ${names}`;
  return `${which}. They stop a deploy: mend them and build again, or say why they do not matter with \`bot: deploy --despite-tests="why"\`.`;
}

function conclusion(build: Build): CheckText['conclusion'] {
  switch (build.state.kind) {
    case 'succeeded':
      return build.state.tests.status === 'FAILURE' ? 'failure' : 'success';
    case 'failed':
      return 'failure';
    case 'cancelled':
      return 'cancelled';
    default:
      return null;
  }
}

/** GitHub shows a title as plain text, in one line. */
const LONGEST_TITLE = 120;

function failureTitle(reason: string): string {
  return plain(`Failed: ${reason.replaceAll('`', '').replace(/\.$/, '')}`, LONGEST_TITLE);
}

function words(build: Build): { title: string; summary: string } {
  const { state } = build;
  switch (state.kind) {
    case 'queued':
      return {
        title: 'Waits for a node',
        summary:
          build.waiting === null
            ? 'Starts as soon as a node is free.'
            : `It waits: ${sentence(build.waiting)}.`,
      };
    case 'starting':
      return { title: 'Starting', summary: `Being started on ${code(state.node)}.` };
    case 'running':
      if (build.waiting !== null) {
        const where = code(state.handle.node);
        return {
          title: 'Waits in the queue',
          summary: `Submitted on ${where}; it waits: ${sentence(build.waiting)}.`,
        };
      }
      return {
        title: `Running on ${state.handle.node}`,
        summary: `Building on ${code(state.handle.node)}. The details link shows the live log.`,
      };
    case 'cancelling':
      return { title: 'Being cancelled', summary: `Cancelled by @${state.by}; the job is being stopped.` };
    case 'collecting':
      return {
        title: 'Collecting the result',
        summary: 'The job has ended; its artifacts are being collected.',
      };
    case 'cancelled':
      return {
        title: `Cancelled by ${state.by}`,
        summary: 'Nothing of this build is kept. `bot: retry` builds it again, and so does the button.',
      };
    case 'failed':
      return { title: failureTitle(state.failure.sentence), summary: failureSummary(state.failure) };
    case 'succeeded': {
      const bytes = state.artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
      const files = state.artifacts.map(
        (artifact) => `- ${code(artifact.name)}, ${size(artifact.bytes)}\n  ${code(artifact.sha256)}`,
      );
      const failed = state.tests.status === 'FAILURE';
      const made = `${count(state.artifacts.length, 'artifact')}, ${size(bytes)}`;
      return {
        title: `Built in ${duration(state.endedAt - state.startedAt)}${failed ? ', but tests failed' : ''}: ${made}`,
        summary: [...(failed ? [failedTests(state.tests)] : []), files.join('\n')].join('\n\n'),
      };
    }
  }
}
