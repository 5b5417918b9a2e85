import { count } from './markdown.ts';

/** Nothing was started, because whoever asked has as many builds under way as one person may. */
export function tooManyOfPerson(view: {
  by: string;
  asked: number;
  /** Builds of this person that have not ended. */
  waiting: number;
  most: number;
}): string {
  const { by, asked, waiting, most } = view;
  return (
    `Nothing was started: this comes to ${count(asked, 'build')}, one person may have ${most} that wait or run, and @${by} has ` +
    `${waiting}; wait for some to end, stop some with \`bot: cancel\`, or name fewer targets.`
  );
}
