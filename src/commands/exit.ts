/** What the process answers to the shell. */
export const EXIT = {
  ok: 0,
  /** It ran and failed. */
  failure: 1,
  /** Nothing was tried: the command line or the configuration is wrong. */
  usage: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
