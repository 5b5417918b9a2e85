import { Permanent } from '../domain/errors.ts';

/** GitHub refuses longer messages of annotations. */
const LONGEST_MESSAGE_BYTES = 64 * 1024;

/** The message of an annotation, when GitHub would take it. Throws Permanent. */
export function fittingMessage(message: string): string {
  const bytes = Buffer.byteLength(message);
  if (bytes > LONGEST_MESSAGE_BYTES)
    throw new Permanent(`A message of ${bytes} bytes is over GitHub's ${LONGEST_MESSAGE_BYTES}`);
  return message;
}

/** GitHub refuses longer bodies of comments, pull requests and checks with 422. */
const LONGEST_BODY = 65_536;

/** The body, when GitHub would take it. Throws Permanent. */
export function fitting(body: string): string {
  if (body.length > LONGEST_BODY)
    throw new Permanent(`A body of ${body.length} characters is over GitHub's ${LONGEST_BODY}`);
  return body;
}
