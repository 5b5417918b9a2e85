import type { Case } from './case.ts';

/** What goes wrong on the node: another one may do better. */
export const INFRASTRUCTURE: readonly Case[] = [
  {
    log: 'container-failed',
    class: 'infrastructure',
    rule: 'container-failed',
    line: 18,
    sentence:
      'the container could not be started: `while extracting /scratch/bot/cache/build-node.sif: root filesystem extraction failed: extract command failed: exit status 1`',
  },
  {
    log: 'cvmfs-unavailable',
    class: 'infrastructure',
    rule: 'cvmfs-unavailable',
    line: 19,
    sentence:
      'CernVM-FS is not available on the node: `CernVM-FS: loading Fuse module... Failed to initialize root file catalog (16 - file catalog failure)`',
  },
  {
    log: 'disk-full',
    class: 'infrastructure',
    rule: 'disk-full',
    line: 51,
    sentence:
      'while building `TensorFlow-2.15.1-foss-2023a.eb`: the disk of the node is full: `tensorflow/core/kernels/op_13.cc:5:1: fatal error: error writing to /tmp/ccbXQ1.s: No space left on device`',
  },
  {
    log: 'killed',
    class: 'infrastructure',
    rule: 'killed',
    line: 21,
    sentence:
      'a command was killed, most likely for lack of memory: `bot/build.sh: line 212: 31337 Killed ./eessi_container.sh`',
  },
  {
    log: 'mount-lost',
    class: 'infrastructure',
    rule: 'mount-lost',
    line: 46,
    sentence:
      'while building `CP2K-2023.1-foss-2023a.eb`: the node lost a mounted file system: `/bin/sh: /cvmfs/software.eessi.io/versions/2023.06/compat/linux/x86_64/usr/bin/sed: Transport endpoint is not connected`',
  },
  {
    log: 'no-network',
    class: 'infrastructure',
    rule: 'no-network',
    line: 19,
    sentence: 'the node could not reach the network: `curl: (6) Could not resolve host: github.com`',
  },
  {
    log: 'node-failed',
    class: 'infrastructure',
    rule: 'node-failed',
    line: 44,
    sentence: 'while building `CP2K-2023.1-foss-2023a.eb`: the node failed while the job ran',
  },
  {
    log: 'oom-after-a-compiler-error',
    class: 'infrastructure',
    rule: 'out-of-memory',
    line: 57,
    sentence:
      'while building `DFTB-23.1-foss-2022b.eb`: the node ran out of memory: `slurmstepd: error: Detected 2 oom_kill events in StepId=4311.batch. Some of the step tasks have been OOM Killed.`',
  },
  {
    log: 'out-of-memory',
    class: 'infrastructure',
    rule: 'out-of-memory',
    line: 54,
    sentence:
      'while building `PyTorch-2.1.2-foss-2023a.eb`: the node ran out of memory: `g++: fatal error: Killed signal terminated program cc1plus`',
  },
  {
    log: 'permission-denied',
    class: 'infrastructure',
    rule: 'permission-denied',
    line: 18,
    sentence:
      "the job may not do this on the node: `mkdir: cannot create directory '/scratch/bot/shared/cache': Permission denied`",
  },
  {
    log: 'quota-exceeded',
    class: 'infrastructure',
    rule: 'quota-exceeded',
    line: 44,
    sentence:
      "while building `R-4.4.1-gfbf-2023b.eb`: the disk quota on the node is used up: `cp: error writing '/scratch/bot/sources/r/R/R-4.4.1.tar.gz': Disk quota exceeded`",
  },
];
