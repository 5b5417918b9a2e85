/**
 * The one place where an argument vector becomes a shell string: POSIX single quotes, in which nothing is special but
 * the quote itself. SSH leaves no choice, it carries a string that the login shell of the account reads (so that shell
 * must be a POSIX one: sh, bash, dash, ksh, zsh). No library is used: the well-known ones escape with backslashes for
 * several shells at once and change line breaks or braces on the way; this is one rule, held to a real `sh` by a test.
 * @throws TypeError for a NUL byte, which no argument can hold
 */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('an argument of a command cannot hold a NUL byte');
  return `'${word.replaceAll("'", "'\\''")}'`;
}
