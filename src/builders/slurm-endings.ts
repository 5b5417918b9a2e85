import { basename } from 'node:path';
import type { Log, Transport } from '../ports.ts';
import { type Look, succeeded } from './looking.ts';
import type { Watched } from './scheduler.ts';
import { scripts, sh } from './scripts.ts';
import { hasEnded } from './slurm-states.ts';

/** scontrol, which gives up by itself, and sacct twice, which the script gives 15 s each. */
const FATE_TIMEOUT_MS = 90_000;
const SEAL_TIMEOUT_MS = 90_000;
/** What a job wrote last may reach the login node after Slurm's word of its end. */
const LATE_MS = 3_000;
/** A job that Slurm is ending has left its word by then: Slurm gives it 30 s (KillWait) and the node its time to clean up. */
const ENDING_MS = 10 * 60_000;

type Ending = 'ended' | 'ending';

interface SlurmEndingsOptions {
  /** Name of the login node, for messages. */
  node: string;
  transport: Transport;
  log: Log;
}

/**
 * Writes down how a job ended that has left no word, so that it ended like that for everybody. That takes its time, and
 * Slurm may not answer: nobody waits for it, the next looks at the job's directory find what was written.
 */
export class SlurmEndings {
  readonly #options: SlurmEndingsOptions;
  /** Since when Slurm says that a job has ended, or is ending, by build id; ms of a monotonic clock. */
  readonly #since = new Map<number, { kind: Ending; at: number }>();
  /** Those that are being written down. */
  readonly #busy = new Set<number>();

  constructor(options: SlurmEndingsOptions) {
    this.#options = options;
  }

  /**
   * Whether a job without a word has ended, as far as Slurm knows, and has had its time to say so.
   * @param state as squeue says it; null: it does not know the job
   */
  isAtHand({ buildId }: Watched, state: string | null): boolean {
    const kind: Ending = state === null || hasEnded(state) ? 'ended' : 'ending';
    if (kind === 'ending' && state !== 'COMPLETING') {
      this.#since.delete(buildId);
      return false;
    }
    const before = this.#since.get(buildId);
    const since = before?.kind === kind ? before : { kind, at: performance.now() };
    this.#since.set(buildId, since);
    return performance.now() - since.at >= (kind === 'ended' ? LATE_MS : ENDING_MS);
  }

  /** Asks Slurm what became of a job and writes it down. */
  conclude(job: Watched, look: Look, state: string | null): void {
    this.#write(job, async () => this.#seal(job, await this.#recordOf(job, look, state), 'ended'));
  }

  /** Takes a job out of the queue that would wait for ever. */
  callOff(job: Watched, reason: string): void {
    this.#write(job, () => this.#seal(job, `slurm NEVER ${reason}`, 'cancel'));
  }

  /** Its end is known. */
  forget({ buildId }: Watched): void {
    this.#since.delete(buildId);
  }

  #write(job: Watched, work: () => Promise<void>): void {
    const { buildId } = job;
    if (this.#busy.has(buildId)) return;
    this.#busy.add(buildId);
    work()
      .catch((error) => {
        const fields = { node: this.#options.node, buildId, error: String(error) };
        this.#options.log.warn(fields, 'Slurm could not be asked about a job');
      })
      .finally(() => this.#busy.delete(buildId));
  }

  /** The record of a job that has left no word: from squeue, or what scontrol and accounting remember. */
  async #recordOf(job: Watched, look: Look, state: string | null): Promise<string> {
    const [, id = '', limit = ''] = job.job.split(':');
    const argv = sh(scripts.slurm.fate, id, basename(job.directory), job.directory);
    const { stdout } = await this.#options.transport.exec(argv, { timeoutMs: FATE_TIMEOUT_MS });
    const fate = parseFate(stdout.toString('utf8'), `${job.directory}/work`);
    return recordOf(
      look.state,
      fate ?? (state === null ? null : { state, hadNode: false, memory: false }),
      limit,
    );
  }

  async #seal(job: Watched, record: string, how: 'cancel' | 'ended'): Promise<void> {
    const { node, transport } = this.#options;
    const argv = sh(scripts.slurm.seal, job.directory, basename(job.directory), record, how);
    succeeded(await transport.exec(argv, { timeoutMs: SEAL_TIMEOUT_MS }), node, 'write down how a job ended');
  }
}

/** What Slurm remembers of a job that has ended. */
export interface Fate {
  /** `NODE_FAIL`, `CANCELLED by 1000` */
  state: string;
  /** Whether it was given a compute node. */
  hadNode: boolean;
  /** Whether the log of the job says that Slurm killed it for its memory. */
  memory: boolean;
}

/**
 * What is written down of a job that left no word.
 * @param looked what its directory says: it did not start, it did, or it did twice
 * @param limit its own time limit, in seconds
 */
export function recordOf(looked: string, fate: Fate | null, limit: string): string {
  const state = fate?.state ?? null;
  const word = state?.split(' ')[0];
  if (looked === 'waiting') {
    if (state === null) return 'slurm FORGOTTEN';
    if (word === 'FAILED' || word === 'COMPLETED' || word === 'TIMEOUT') return 'slurm NOT_STARTED';
    if (word === 'NODE_FAIL') return 'slurm NO_NODE';
    // What a node cannot start, and may not be queued again, Slurm cancels by itself.
    return word === 'CANCELLED' && fate?.hadNode ? 'slurm NOT_LAUNCHED' : `slurm ${state}`;
  }
  if (word === 'TIMEOUT') return `timed-out ${limit}`;
  if (fate?.memory && (word === 'FAILED' || word === 'CANCELLED')) return 'slurm OUT_OF_MEMORY';
  if (looked === 'again' && (state === null || word === 'COMPLETED')) return 'slurm AGAIN';
  if (state === null) return 'slurm GONE';
  return word === 'COMPLETING' ? 'slurm NEVER_CLEARED' : `slurm ${state}`;
}

/** How accounting, or else scontrol, says that the job of a working directory ended; null when neither knows. */
export function parseFate(text: string, work: string): Fate | null {
  const lines = text.split('\n');
  const memory = lines.includes('memory');
  const accounts = lines.flatMap((line): Fate[] => {
    const [, state = '', nodes, where] = /^sacct \d+\|([A-Z_]+(?: by \d+)?)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    if (where !== work || !hasEnded(state.split(' ')[0] ?? '')) return [];
    return [{ state, hadNode: nodes !== '' && nodes !== 'None assigned', memory }];
  });
  const shown =
    lines.find((line) => line.startsWith('scontrol ') && line.includes(` WorkDir=${work} `)) ?? '';
  const state = / JobState=([A-Z_]+) /.exec(shown)?.[1] ?? '';
  const remembered = hasEnded(state) ? { state, hadNode: / NodeList=[^( ]/.test(shown), memory } : null;
  return accounts.at(-1) ?? remembered;
}
