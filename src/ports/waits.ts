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
}
