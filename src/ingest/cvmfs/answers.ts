/** How a command of ours ended, stdout and stderr together. */
export interface Answer {
  code: number;
  output: string;
}

/**
 * `busy`: somebody else has the repository, wait; `later`: the same may work in a while; `never`: somebody has to do
 * something first.
 */
export interface Trouble {
  kind: 'busy' | 'later' | 'never';
  sentence: string;
}

const known: [RegExp, Trouble['kind'], string][] = [
  [
    /another transaction is already open|currently publishing|Could not acquire lock/,
    'busy',
    'somebody else has a transaction open or is publishing',
  ],
  [/is not in a transaction/, 'later', 'somebody ended our transaction'],
  [/No write permission/, 'never', 'the account that runs cvmfs_server does not own the repository'],
  [
    /Unable to find the configuration file|cannot open \S*server\.conf|The repository \S+ does not exist/,
    'never',
    'the server does not have this repository',
  ],
  [/expired whitelist/, 'never', 'the whitelist of the repository has expired and must be signed again'],
  [/failed to download whitelist/, 'later', 'the web server of the Stratum 0 does not answer'],
  [
    /\(code: 28\)|No space left on device/,
    'never',
    'the storage of the repository is full; what was written stays there, so space must be made first',
  ],
  [/Tag name '.*' is already in use/, 'never', 'the tag of this deploy exists already'],
  [
    /Truncated tar archive|Unrecognized archive format/,
    'never',
    'cvmfs_server could not read the joined tar',
  ],
];

/** Whether an ingest that failed can have left its transaction open: all failures of known text roll back by themselves. */
export function leftOpen(answer: Answer): boolean {
  return answer.code !== 0 && known.every(([pattern]) => !pattern.test(answer.output));
}

/**
 * What a failed `cvmfs_server` means, by its text. Where the text says nothing known, an open transaction tells: one that
 * stays open after ingest or publish means that somebody reads or works in the repository at this moment.
 */
export function explain(answer: Answer, transactionStaysOpen: boolean): Trouble {
  for (const [pattern, kind, sentence] of known) {
    if (pattern.test(answer.output)) return { kind, sentence };
  }
  if (answer.code === 127) return { kind: 'never', sentence: 'there is no such command as cvmfs_server' };
  const said = answer.output.trim().slice(-300);
  const tail = said === '' ? `it ended with ${answer.code} and said nothing` : `it said: ${said}`;
  // Without a word, and with this code, publish refuses whoever is not the owner.
  if (answer.code === 2 && said === '') {
    return { kind: 'never', sentence: 'the account that runs cvmfs_server does not own the repository' };
  }
  return transactionStaysOpen
    ? { kind: 'later', sentence: `somebody is using the repository; ${tail}` }
    : { kind: 'never', sentence: tail };
}
