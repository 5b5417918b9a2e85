import { styleText } from 'node:util';

/** One line an event: elapsed time, who, what happened. Colour where a terminal shows it. */
export interface Teller {
  line(who: string, what: string, tone?: Tone): void;
  block(title: string, text: string): void;
}

type Tone = 'plain' | 'good' | 'bad' | 'quiet';

const WHO_WIDTH = 13;

/** Tells the story on a stream; elapsed time counts from the call. */
export function teller(out: NodeJS.WriteStream): Teller {
  const start = performance.now();
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream: out });
  const tones: Record<Tone, (text: string) => string> = {
    plain: (text) => text,
    good: (text) => paint('green', text),
    bad: (text) => paint('yellow', text),
    quiet: (text) => paint('gray', text),
  };
  return {
    line(who, what, tone = 'plain') {
      const seconds = `${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s`;
      out.write(`${paint('gray', seconds)}  ${paint('cyan', who.padEnd(WHO_WIDTH))}${tones[tone](what)}\n`);
    },
    block(title, text) {
      out.write(`\n${paint('bold', title)}\n`);
      for (const line of text.split('\n')) out.write(`${paint('gray', '│')} ${line}\n`);
    },
  };
}

/** A comment as a person reads it: without what GitHub hides. */
export function readable(markdown: string): string {
  return markdown
    .replaceAll(/<!--.*?-->\n?/gs, '')
    .replaceAll(/<details><summary>(.*?)<\/summary>/gs, '▸ $1')
    .replaceAll('</details>', '')
    .replaceAll(/<\/?code>/g, '`')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u2060', '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** A teller that says nothing, for `--json`. */
export const silent: Teller = { line: () => undefined, block: () => undefined };
