import type { Wait, WaitState } from '../domain/wait.ts';

/** Commands that wait for another pull request. */
export interface Waits {
  /** The same source again changes nothing. */
  begin(wait: Omit<Wait, 'id' | 'state'>): Promise<void>;
  get(id: number): Promise<Wait | null>;
  /** All that wait, oldest first. */
  waiting(): Promise<Wait[]>;
  /** False: it had ended before. */
  end(id: number, state: Exclude<WaitState, 'waiting'>): Promise<boolean>;
  /**
   * Ends all that wait on a pull request, by the word of a command.
   * @returns what that command ended, now or when it was carried out before
   */
  callOff(repo: string, pullRequest: number, source: string): Promise<Wait[]>;
}
