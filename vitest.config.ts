import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/harness/slow-first.ts';

/** Folders whose tests need nothing but the code: they start in a second, without a database. */
const PURE = ['domain', 'messages', 'repo', 'config'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Tests wait a good part of their time (for Slurm, for a look each second): one more than the 2 cores of CI.
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: 'pure', include: PURE } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: PURE,
          globalSetup: ['test/harness/global-setup.ts'],
        },
      },
    ],
    // What is waited for comes within a second; a machine may stand still for half a minute.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
