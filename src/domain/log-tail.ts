import { plain } from './diagnosis/text.ts';
import { maskSecrets } from './diagnosis.ts';

/**
 * The last lines of a piece of a log, as a terminal would show them: colours are gone, a line that was written over is its last
 * version, secrets are masked.
 * @param whole false when the piece begins within a line
 */
export function lastLines(text: string, most: number, whole: boolean): string[] {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .slice(whole ? 0 : 1);
  const shown = lines.map((line) => plain(line.split('\r').findLast((part) => part !== '') ?? ''));
  return maskSecrets(shown.join('\n')).split('\n').slice(-most);
}
