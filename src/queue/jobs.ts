import { z } from 'zod';
import type { Job } from '../ports/queue.ts';

const id = z.int().positive();

/** A job as it lies in the queue: written by us, yet read from outside. */
export const jobSchema: z.ZodType<Job> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delivery'), guid: z.string().min(1) }),
  z.strictObject({ kind: z.literal('deliveries'), guids: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ kind: z.literal('build'), buildId: id }),
  z.strictObject({ kind: z.literal('place') }),
  z.strictObject({ kind: z.literal('status'), requestId: id }),
  z.strictObject({ kind: z.literal('check'), buildId: id }),
  z.strictObject({ kind: z.literal('summary'), requestId: id }),
  z.strictObject({ kind: z.literal('labels'), requestId: id }),
  z.strictObject({ kind: z.literal('wait'), waitId: id }),
  z.strictObject({ kind: z.literal('reply'), key: z.string().min(1) }),
  z.strictObject({ kind: z.literal('deploy'), deployId: id }),
  z.strictObject({ kind: z.literal('ingest'), deployId: id }),
  z.strictObject({ kind: z.literal('file'), deployId: id }),
  z.strictObject({ kind: z.literal('watch'), deployId: id }),
  z.strictObject({ kind: z.literal('rollback'), deployId: id }),
]);

/** The same text for equal jobs: `build 7`. */
export function keyOf(job: Job): string {
  const { kind, ...subject } = job;
  return `${kind} ${Object.values(subject).join(' ')}`;
}
