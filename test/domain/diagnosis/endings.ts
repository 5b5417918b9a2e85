/** How jobs end, and the logs they leave. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ending } from '../../../src/domain/diagnosis.ts';

const LOGS = join(import.meta.dirname, '../../fixtures/logs');

export const log = (name: string) => readFileSync(join(LOGS, `${name}.txt`), 'utf8');

/** `bot/build.sh` failed and `bot/check-build.sh` said so. */
export const FAILED: Ending = {
  exit: { kind: 'exited', code: 0 },
  steps: { build: 1, 'check-build': 0, test: null, 'check-test': null },
  result: { status: 'FAILURE', artefacts: [], description: '' },
  tests: null,
};

/** All is well. */
export const PASSED: Ending = {
  exit: { kind: 'exited', code: 0 },
  steps: { build: 0, 'check-build': 0, test: 0, 'check-test': 0 },
  result: { status: 'SUCCESS', artefacts: ['eessi.tar.zst'], description: '' },
  tests: { outcome: { status: 'SUCCESS', passed: 1, failed: 0 }, description: '' },
};

export const TESTS_FAILED: Ending = {
  ...PASSED,
  tests: { outcome: { status: 'FAILURE', passed: null, failed: null }, description: '' },
};
