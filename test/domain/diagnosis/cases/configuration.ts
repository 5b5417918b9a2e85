import type { Case } from './case.ts';

/** What was asked for wrongly: trying again does not help. */
export const CONFIGURATION: readonly Case[] = [
  {
    log: 'easyconfig-not-found',
    class: 'configuration',
    rule: 'easyconfig-not-found',
    line: 24,
    sentence: 'EasyBuild finds no easyconfig `GROMACS-2025.9-foss-2023b.eb` on its search path',
  },
  {
    log: 'hook-failed',
    class: 'configuration',
    rule: 'hook-failed',
    line: 28,
    sentence:
      "`parse_hook_espresso` in `eb_hooks.py` failed at line 412: `TypeError: unsupported operand type(s) for +=: 'NoneType' and 'str'`",
  },
  {
    log: 'missing-dependencies',
    class: 'configuration',
    rule: 'missing-dependencies',
    line: 24,
    sentence: 'dependencies are missing: `HDF5/1.14.3-gompi-2023b, netCDF/4.9.2-gompi-2023b`',
  },
  {
    log: 'module-unknown',
    class: 'configuration',
    rule: 'module-unknown',
    line: 35,
    sentence:
      'while building `PyTorch-2.1.2-foss-2023a.eb`: Lmod does not know a module: `NCCL/2.18.3-GCCcore-12.3.0-CUDA-12.1.1`',
  },
  {
    log: 'slurm-time-limit',
    class: 'configuration',
    rule: 'time-limit',
    line: 57,
    sentence: 'while building `TensorFlow-2.15.1-foss-2023a.eb`: Slurm stopped it at its time limit',
  },
];
