import { Permanent, Retryable } from '../domain/errors.ts';

/** What Stratobot says to sbatch itself, or what would make something else of a job than one batch script. */
const OURS =
  /^(?:-a|-D|-d|-e|-H|-h|-I|-i|-J|-o|-t|-V|-W|--(?:array|begin|bell|bcast|chdir|clusters|comment|deadline|dependency|error|export|export-file|get-user-env|help|hold|ignore-pbs|immediate|input|job-name|kill-on-invalid-dep|no-bell|no-requeue|open-mode|output|parsable|quiet|requeue|test-only|time|time-min|usage|version|wait|wait-all-nodes|wckey-only|workdir|wrap)(?:=|$))/;

/**
 * The options of a pool, once it is sure that they are options, each one argument, and none that Stratobot must set.
 * @throws Permanent that names the first that is not
 */
export function sbatchOptions(options: readonly string[]): readonly string[] {
  for (const option of options) {
    if (!/^--?[A-Za-z][^\0\r\n]*$/.test(option)) {
      throw new Permanent(`"${option}" is no option for sbatch; write each as one, like "--partition=zen2"`);
    }
    // A short option may have its value right behind it: -t60.
    const name = option.startsWith('--') ? option : option.slice(0, 2);
    if (OURS.test(name)) throw new Permanent(`the option ${option} of sbatch is set by Stratobot`);
  }
  return options;
}

/** What may go well later, in sbatch's words; everything else it will say again. */
const TEMPORARY =
  /Unable to contact slurm controller|Socket timed out|Zero Bytes were transmitted|Connection (?:refused|timed out|reset)|Unexpected missing socket|temporarily unable|Resource temporarily unavailable|try again|Communication connection failure|Transport endpoint|Protocol authentication error|munge|MUNGE|System error|Slurm backup controller|in standby|Job violates accounting\/QOS policy|MaxSubmit|submit limit|Requested partition configuration not available now/i;

/** Why sbatch did not take a job, as the error that it is. */
export function refusal(node: string, complaint: string): Permanent | Retryable {
  const lines = complaint.split('\n').map((line) => line.replace(/^sbatch: (?:error: |fatal: )?/, '').trim());
  const said = lines.filter((line) => line !== '' && !/^Try "sbatch --help"/.test(line)).join('; ');
  if (said === '' || TEMPORARY.test(complaint)) {
    return new Retryable(`sbatch on ${node} did not take the job: ${said === '' ? 'it said nothing' : said}`);
  }
  return new Permanent(`sbatch on ${node} refuses the job: ${said}`);
}
