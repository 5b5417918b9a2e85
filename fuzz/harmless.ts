/** What GitHub would make of the bot's Markdown: nothing of what others wrote may come alive in it. */
import { lexer, type Token } from 'marked';
import { promise } from './subject.ts';

/** GitHub's limit for a comment. */
const BODY_LIMIT = 65_536;
/** Direction overrides and isolates: text that shows in another order than it stands. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;
/** A mention; the words of ours that look like one are taken out before. */
const MENTION = /@[a-z0-9]/i;
const REFERENCE = /#\d|\bGH-\d/i;
const ADDRESS = /\b(?:https?|ftp):\/\/|\bwww\./i;
/** What Markdown of ours is made of where we write sentences, names and lines of others. */
const PLAIN_KINDS: readonly string[] = ['paragraph', 'space', 'text', 'escape', 'codespan', 'code'];

/**
 * Throws when a comment is too long or anything in it is alive that should not be. For comments of sentences, names and
 * lines alone: no table, link or HTML of ours is in them.
 * @param people who is meant to hear of it
 * @param ours further kinds of tokens, which are ours
 * @returns how many code blocks it has
 */
export function harmless(
  markdown: string,
  people: readonly string[] = [],
  ours: readonly string[] = [],
): number {
  promise(markdown.length <= BODY_LIMIT, 'an answer fits into a comment', markdown.length);
  promise(!TURNING.test(markdown), 'nothing turns the direction of the text', markdown);
  let blocks = 0;
  let spoken = '';
  const walk = (tokens: readonly Token[]) => {
    for (const token of tokens) {
      const kinds = [...PLAIN_KINDS, ...ours];
      promise(kinds.includes(token.type), `no ${token.type} comes alive`, token.raw);
      if (token.type === 'list_item') spoken += '\n';
      if (token.type === 'list') walk(token.items);
      if (token.type === 'code') blocks += 1;
      const inner = 'tokens' in token ? (token.tokens ?? []) : [];
      if (inner.length > 0) walk(inner);
      else if (token.type === 'text' || token.type === 'escape') spoken += token.text;
      else spoken += '\n';
    }
  };
  walk(lexer(markdown));
  const bare = people.reduce((text, login) => text.replaceAll(`@${login}`, ''), spoken);
  for (const [what, pattern] of Object.entries({ mention: MENTION, reference: REFERENCE, address: ADDRESS }))
    promise(!pattern.test(bare), `no ${what} comes alive`, bare);
  return blocks;
}
