import type { Surroundings } from './surroundings.ts';

/** What people read, without what differs from run to run: hashes, addresses, times, dates, sizes. */
export function tidy(body: string, around: Surroundings, botUrl: string): string {
  return body
    .replaceAll(/<!--.*?-->\n/g, '')
    .replaceAll(botUrl, 'BOT')
    .replaceAll(around.github.url, 'GITHUB')
    .replaceAll(around.dir, 'DIR')
    .replaceAll(/demo-bot-[0-9a-f]{8}/g, 'demo-bot')
    .replaceAll(/SHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:KEY')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'SHA256')
    .replaceAll(/sha256:[0-9a-f]{7,8}(…[0-9a-f]{4})?/g, 'sha256:…')
    .replaceAll(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replaceAll(/\b[0-9a-f]{7}\b/g, 'COMMIT')
    .replaceAll(/#issuecomment-\d+/g, '#issuecomment-ID')
    .replaceAll(/\b\d\d:\d\d UTC/g, 'TIME')
    .replaceAll(
      /\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d\b/g,
      'DATE',
    )
    .replaceAll(/\b\d+ s\b/g, 'N s')
    .replaceAll(/\b\d+ bytes\b/g, 'N bytes')
    .replaceAll(/\b\d+ B\b/g, 'N B')
    .trim();
}
