/** What tests of the plan share: from a comment to builds, or to mistakes. */
import { expect } from 'vitest';
import { parseComment } from '../../src/domain/parse-command.ts';
import { type Plan, planBuild } from '../../src/domain/plan.ts';
import { type Catalogue, targetName } from '../../src/domain/target.ts';
import { SITE } from './catalogue.ts';

export function plan(body: string, catalogue: Catalogue = SITE): Plan {
  const parsed = parseComment(body);
  expect(parsed.mistakes).toEqual([]);
  return planBuild(parsed.commands, catalogue);
}

/** `target repository pool` of each build. */
export function builds(body: string, catalogue: Catalogue = SITE): string[] {
  const planned = plan(body, catalogue);
  if (planned.kind !== 'builds') throw new Error(JSON.stringify(planned));
  return planned.builds.map(
    (build) => `${targetName(build.target)} ${build.repository.slice(9, 16)} ${build.pools.join()}`,
  );
}

/** `[code, underlined, message, hint]` of each mistake. */
export function wrong(body: string, catalogue: Catalogue = SITE): (string | null)[][] {
  return mistakes(body, catalogue).map(({ code, source, column, length, message, hint }) => [
    code,
    source.slice(column - 1, column - 1 + length),
    message,
    hint,
  ]);
}

export function mistakes(body: string, catalogue: Catalogue = SITE) {
  const planned = plan(body, catalogue);
  if (planned.kind !== 'mistakes') throw new Error(JSON.stringify(planned));
  return planned.mistakes;
}
