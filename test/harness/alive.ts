/** Everything that is code, where nothing is alive: blocks first, then spans. */
const CODE = [/^ *(`{3,})\n[\s\S]*?\n *\1$/gm, /(?<![`\\])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g];
/** What the bot itself writes of HTML. */
const OURS = /<!-- stratobot:\S+ \S+ -->|<\/?(?:details|summary|code|sub)>/g;
/** Mentions, references, HTML, and links and pictures that lead to somebody else. */
const ALIVE =
  /(?<![\w\\])@[\w/-]+|(?<![\w\\&])#\d+|<[a-z!/][^>]*>?|!?\]\(https?:[^)]*\)|(?<!\()https?:\/\/evil[^\s)]*/gi;

/** What of a comment would be more than text on GitHub, besides mentions of those who take part and links of ours. */
export function alive(markdown: string, expected: readonly string[] = ['@maria', '@jo', '@ana']): string[] {
  const bare = [...CODE, OURS].reduce((text, part) => text.replaceAll(part, ''), markdown);
  const found = bare.match(ALIVE) ?? [];
  return found.filter((part) => !expected.includes(part) && !part.includes('artifacts.example.org'));
}
