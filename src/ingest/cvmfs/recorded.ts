import { Retryable } from '../../domain/errors.ts';
import type { Transport } from '../../ports.ts';
import type { Answer } from './answers.ts';

const quickTimeoutMs = 60_000;
const longTimeoutMs = 2 * 60 * 60_000;
const stillRuns = 71;

/**
 * Commands on the Stratum 0 that write down, there, that they began and how they ended. So they go on when the bot or
 * the line to it dies, and whoever comes next knows what happened; only one runs at a time. They read nothing from the
 * bot and write to a file: a line that breaks can neither cut off what they read nor kill them by what they say.
 */
export interface Recorded {
  /** Runs to the end. Throws Retryable where the end cannot be known now. */
  run(step: string, argv: readonly string[]): Promise<Answer>;
  /** `killed`: it began, and nothing of it runs any more, and it did not say how it ended. */
  outcome(step: string): Promise<Answer | 'never' | 'killed'>;
  /** Makes a step one that never was; all of them at once, or those named first, first. */
  forget(steps: readonly string[]): Promise<void>;
  /** For a step that is known by its traces to have succeeded. */
  succeeded(step: string): Promise<void>;
  /** Waits until nothing runs. */
  settled(patienceMs: number): Promise<void>;
}

/** Whether a step's outcome is a success. */
export function succeeded(outcome: Answer | 'never' | 'killed'): boolean {
  return typeof outcome === 'object' && outcome.code === 0;
}

/** Arguments: folder, step, command. The descriptor of the lock is not handed on, or a daemon could keep it for ever. */
const runScript = `
cd "$1" || exit 70
step=$2
shift 2
exec 9>running
flock -n 9 || exit ${stillRuns}
rm -f "$step.rc"
: >"$step.started"
"$@" >"$step.out" 2>&1 </dev/null 9>&-
echo $? >"$step.rc.new"
mv "$step.rc.new" "$step.rc"
`;

const outcomeScript = `
cd "$1" || exit 70
if [ ! -e "$2.started" ]; then echo never
elif [ ! -e "$2.rc" ]; then echo killed
else cat "$2.rc" && tail -c 4000 "$2.out"
fi
`;

export function recordedIn(transport: Transport, folder: string): Recorded {
  const sh = async (script: string, args: readonly string[], timeoutMs: number) => {
    const result = await transport.exec(['sh', '-c', script, 'stratobot', folder, ...args], { timeoutMs });
    if (result.code === 0 || result.code === stillRuns) return result;
    throw new Retryable(
      `A step in ${folder} could not be looked at: ${result.stderr.toString('utf8').trim()}`,
    );
  };
  const outcome = async (step: string): Promise<Answer | 'never' | 'killed'> => {
    const text = (await sh(outcomeScript, [step], quickTimeoutMs)).stdout.toString('utf8');
    const end = text.indexOf('\n');
    const first = text.slice(0, end);
    if (first === 'never' || first === 'killed') return first;
    return { code: Number(first), output: text.slice(end + 1) };
  };
  return {
    outcome,
    async run(step, argv) {
      const { code } = await sh(runScript, [step, ...argv], longTimeoutMs);
      if (code === stillRuns) throw new Retryable(`An earlier command in ${folder} is still running.`);
      const ended = await outcome(step);
      if (typeof ended === 'object') return ended;
      throw new Retryable(`${argv.slice(0, 2).join(' ')} was ended before it said how it went.`);
    },
    async forget(steps) {
      const files = steps.flatMap((step) => [`${step}.started`, `${step}.rc`, `${step}.out`]);
      await sh('cd "$1" && shift && rm -f -- "$@"', files, quickTimeoutMs);
    },
    async succeeded(step) {
      const script =
        'cd "$1" && : >"$2.out" && : >"$2.started" && echo 0 >"$2.rc.new" && mv "$2.rc.new" "$2.rc"';
      await sh(script, [step], quickTimeoutMs);
    },
    async settled(patienceMs) {
      const seconds = String(Math.ceil(patienceMs / 1000));
      const argv = ['flock', '-w', seconds, `${folder}/running`, 'true'];
      const { code } = await transport.exec(argv, { timeoutMs: patienceMs + quickTimeoutMs });
      if (code !== 0) {
        throw new Retryable(`An earlier command in ${folder} is still running after ${seconds} s.`);
      }
    },
  };
}
