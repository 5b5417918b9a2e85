import { Permanent } from '../domain/errors.ts';

/** GitHub refuses longer bodies of comments, pull requests and checks with 422. */
const LONGEST_BODY = 65_536;

/** The body, when GitHub would take it. Throws Permanent. */
export function fitting(body: string): string {
  if (body.length > LONGEST_BODY)
    throw new Permanent(`A body of ${body.length} characters is over GitHub's ${LONGEST_BODY}`);
  return body;
}
