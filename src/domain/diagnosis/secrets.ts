/** What a log should not have printed, taken out before anybody sees an excerpt. */

const MASK = '***';

/** Each replaces the secret part only, so that the line still says what it was about. */
const SECRETS: readonly { pattern: RegExp; by: string }[] = [
  // GitHub: personal, OAuth, user, server and refresh tokens; fine-grained ones.
  { pattern: /\bgh[pousr]_[A-Za-z0-9_]{16,255}/g, by: MASK },
  { pattern: /\bgithub_pat_[A-Za-z0-9_]{20,255}/g, by: MASK },
  { pattern: /\bglpat-[A-Za-z0-9_-]{16,255}/g, by: MASK },
  { pattern: /\bhf_[A-Za-z0-9]{20,255}/g, by: MASK },
  { pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,255}/g, by: MASK },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, by: MASK },
  { pattern: /\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}/g, by: MASK },
  { pattern: /(\bauthorization["']?\s{0,8}[:=]\s{0,8}["']?)[^"'\r\n]{1,2000}/gi, by: `$1${MASK}` },
  { pattern: /(\bbearer\s{1,8})[A-Za-z0-9._~+/=-]{8,2000}/gi, by: `$1${MASK}` },
  { pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@'"<>]{1,300}@/gi, by: `$1${MASK}@` },
  // NAME=value and "name": "value" where the name speaks of a secret; X-Amz-Signature and the like in signed addresses.
  {
    pattern:
      /((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature)[A-Za-z0-9_-]{0,40}["']?\s{0,4}[=:]\s{0,4}["']?)(?!\*\*\*)[^\s"'&,;]{3,500}/gi,
    by: `$1${MASK}`,
  },
];

/** Text with its secrets replaced by `***`; private keys by one line each. Finds well-known forms, not every secret. */
export function maskSecrets(text: string): string {
  const keys = keyBlocks();
  return text
    .split('\n')
    .map((line) => maskLine(keys(line)))
    .join('\n');
}

/** One line, without what spans lines. */
export function maskLine(line: string): string {
  return SECRETS.reduce((masked, { pattern, by }) => masked.replace(pattern, by), line);
}

/** Longer than any key; a block that never ends must not hide the rest of the log. */
const LONGEST_KEY_LINES = 120;
const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/** Hides private keys in lines that come one by one. */
export function keyBlocks(): (line: string) => string {
  let left = 0;
  return (line) => {
    if (left > 0) {
      const end = line.includes('-----END') ? END.exec(line) : null;
      left = end === null ? left - 1 : 0;
      return end === null ? MASK : `${MASK}${line.slice(end.index + end[0].length)}`;
    }
    const begin = line.includes('-----BEGIN') ? BEGIN.exec(line) : null;
    if (begin === null) return line;
    const end = END.exec(line);
    if (end === null) left = LONGEST_KEY_LINES;
    const rest = end === null ? '' : line.slice(end.index + end[0].length);
    return `${line.slice(0, begin.index)}${MASK} private key ${MASK}${rest}`;
  };
}
