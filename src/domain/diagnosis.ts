/** Why a build failed: the first real cause in its log, and whether trying again may help. */
import { logReader } from './diagnosis/reader.ts';
import { lineCutter } from './diagnosis/text.ts';
import type { Diagnosis, Ending, Evidence } from './diagnosis/types.ts';
import { conclude } from './diagnosis/verdict.ts';

export { type RetryAdvice, retryAdvice } from './diagnosis/retry.ts';
export { maskSecrets } from './diagnosis/secrets.ts';
export type { Diagnosis, Ending, Evidence, FailureClass } from './diagnosis/types.ts';

/** Reads a log as it comes; holds a few dozen lines of it, however long it is. */
export interface Diagnoser {
  /** The next bytes (UTF-8; what is not becomes U+FFFD) or text. */
  write(chunk: Uint8Array | string): void;
  /** The log is complete: its verdict, or null when nothing says that the job failed. */
  end(ending: Ending): Diagnosis | null;
}

export function diagnoser(): Diagnoser {
  const decoder = new TextDecoder();
  const reader = logReader();
  const lines = lineCutter(reader.line);
  return {
    write(chunk) {
      lines.write(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    },
    end(ending) {
      lines.write(decoder.decode());
      lines.end();
      return conclude(reader.end(), ending);
    },
  };
}

/** The same for a log that is at hand as a whole. Never throws. */
export function diagnose({ log, ...ending }: Evidence): Diagnosis | null {
  const one = diagnoser();
  one.write(log);
  return one.end(ending);
}
