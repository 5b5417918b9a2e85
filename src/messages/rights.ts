/** Answers to people who may not do what they asked for. */
import { code, prose } from './markdown.ts';

const DONE_BY: Readonly<Record<string, string>> = {
  build: 'builds here are started by',
  cancel: 'builds here are cancelled by',
  priority: 'waiting builds are given priority here by',
  deploy: 'deploys here are asked for by',
  despite_tests: 'deploys despite failed tests are asked for here by',
  approve: 'what is published is taken back here by',
  status: 'questions about builds are asked here by',
  help: 'questions are asked here by',
};

/**
 * Somebody without the right asked for something.
 * @param who those who have it, from whoMay()
 */
export function noRight(login: string, action: string, who: string, command: string): string {
  if (who === 'nobody') return nobody(login, action);
  return `@${login}, ${doneBy(action)} ${prose(who)}. One of them can comment ${code(command)}.`;
}

/** Somebody without the right mistyped what they asked for; who has it, from whoMay(). */
export function noRightEither(login: string, action: string, who: string): string {
  return who === 'nobody'
    ? nobody(login, action)
    : `@${login}, ${doneBy(action)} ${prose(who)}. One of them can ask for it.`;
}

function nobody(login: string, action: string): string {
  return `@${login}, ${doneBy(action)} nobody, as it is configured. Whoever runs this bot can change that.`;
}

function doneBy(action: string): string {
  return DONE_BY[action] ?? 'this is done here by';
}

/** Somebody who has the right, but not for this repository target. */
export function notForTarget(login: string, action: string, target: string, who: string): string {
  const lead = `@${login}, for ${code(target)} ${doneBy(action)} ${prose(who)}`;
  return `Nothing was done: ${lead}. One of them can do it, or leave that repository out with \`repo:\`.`;
}
