/**
 * How much the bot says on a pull request unasked. `quiet`: the status comment, answers to commands and what went wrong;
 * `normal`: also what becomes of a deploy, and what is pointed out; `chatty`: also a sentence when builds begin and end.
 */
export type Chatter = 'quiet' | 'normal' | 'chatty';
