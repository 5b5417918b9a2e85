import { expect, test } from 'vitest';
import { openSshMissing } from '../harness/openssh.ts';
import { slurmMissing } from '../harness/slurm.ts';
import { playRound } from './play.ts';

const missing = openSshMissing() ? 'install openssh-server' : slurmMissing();

// It takes Debian's OpenSSH and Slurm; the name says what to install. In CI they must be there.
test.skipIf(missing !== null)(
  `twenty kills, and nothing lost or doubled${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: 1_200_000 },
  async () => {
    // A seed that leaves Slurm's daemons alone: test/real/slurm kills them, and so do longer runs.
    const outcome = await playRound({ seed: 2, kills: 20, pulls: 3, queue: 'postgres' }, () => {});
    expect(outcome.findings, `see ${outcome.logs}`).toEqual([]);
    expect(Object.values(outcome.kills).reduce((sum, count) => sum + count, 0)).toBe(20);
  },
);
