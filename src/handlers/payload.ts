/** The few fields that are read of a webhook, shared by every event. Names as in GitHub's webhook schemas. */
import { z } from 'zod';
import { Permanent } from '../domain/errors.ts';
import type { Account } from '../domain/events.ts';

export const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
export const sha = z.string().regex(/^[0-9a-f]{40}$/);
export const id = z.int().positive();
/** Of an issue or pull request; PostgreSQL keeps it as an integer of 4 bytes. */
export const number = id.max(2 ** 31 - 1);
export const repository = z.object({ full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/) });
export const account = z
  .object({ login: z.string().min(1), type: z.string() })
  .transform(({ login, type }): Account => ({ login, isBot: type === 'Bot' }));

/** The payload as `schema` sees it. Throws Permanent naming the field that does not fit. */
export function readPayload<T>(schema: z.ZodType<T>, payload: unknown): T {
  const result = schema.safeParse(payload);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? `"${issue.path.join('.')}"` : 'its top';
  throw new Permanent(`Webhook cannot be read at ${place}: ${issue?.message}`);
}
