import type { Approval } from '../domain/deploy.ts';
import { list } from './markdown.ts';

/** `@ana and @max`. */
export function people(approvals: readonly Approval[]): string {
  return list(approvals.map(({ reviewer }) => `@${reviewer}`));
}
