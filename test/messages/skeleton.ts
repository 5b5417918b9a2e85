/** The form of a message: all that is alive in it once GitHub renders it, without the text. */
import { lexer, type Token } from 'marked';

/** Direction overrides and isolates: text that shows in another order than it stands. */
export const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

/** Text without anything that GitHub would do something with. */
const TEXT: readonly string[] = ['text', 'escape', 'codespan', 'space', 'br'];
/** What GitHub makes alive in text that stands outside of code. */
const ALIVE = /@[a-z0-9][\w/-]*|(?:[\w.-]+\/[\w.-]+)?#\d+|\bGH-\d+|\b(?:https?|ftp):\/\/\S*|\bwww\.\S*/gi;

/** Ends a cell of a table, whichever of its readers one asks. */
const BAR = /(?<!\\)(?:\\\\)*\|/g;

/** Kinds of tokens in their order, with links, tags and whatever calls somebody. */
export function skeleton(markdown: string): string[] {
  const form: string[] = [];
  let spoken = '';
  const flush = () => {
    form.push(...(spoken.match(ALIVE) ?? []));
    spoken = '';
  };
  const walk = (tokens: readonly Token[]) => {
    for (const token of tokens) {
      if (TEXT.includes(token.type)) {
        const inner = 'tokens' in token ? (token.tokens ?? []) : [];
        if (inner.length > 0) walk(inner);
        else spoken += token.type === 'text' || token.type === 'escape' ? token.text : ' ';
        continue;
      }
      flush();
      form.push(...alive(token));
      if (token.type === 'table') {
        form.push(
          ...token.raw
            .trimEnd()
            .split('\n')
            .map((line: string) => `${line.match(BAR)?.length ?? 0} bars`),
        );
        for (const row of [token.header, ...token.rows]) for (const { tokens: inner } of row) walk(inner);
      } else if (token.type === 'list') for (const item of token.items) walk(item.tokens);
      else if ('tokens' in token) walk(token.tokens ?? []);
      flush();
      form.push(`/${token.type}`);
    }
  };
  walk(lexer(markdown));
  flush();
  return form;
}

/** What a token does by itself. */
function alive(token: Token): string[] {
  if (token.type === 'html') {
    const bare: string = token.raw.replaceAll(/<code>.*?<\/code>/gs, '<code></code>');
    return [...(token.raw.match(/<[^>]*>/g) ?? []), ...(bare.match(ALIVE) ?? [])];
  }
  return [token.type === 'link' || token.type === 'image' ? `${token.type} ${token.href}` : token.type];
}

/** The Markdown in a result: of a check its summary. */
export function markdownOf(result: unknown): string {
  if (typeof result === 'string') return result;
  if (Array.isArray(result)) return result.filter((one) => typeof one === 'string').join('\n\n');
  if (typeof result === 'object' && result !== null && 'summary' in result) return `${result.summary}`;
  return '';
}
