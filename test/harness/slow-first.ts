import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that wait for minutes begin first, so that no worker sits out the end alone; most of that time they leave the machine to the others. */
const SLOW = [/^test\/chaos\//, /^test\/real\/network/, /-crashes\.test/, /^test\/real\//];

/** The order of test files where no earlier run is remembered, as in CI. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const file = relative(project.config.root, moduleId);
      const found = SLOW.findIndex((pattern) => pattern.test(file));
      return found === -1 ? SLOW.length : found;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
