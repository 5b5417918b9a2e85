import { code, firstWords } from '../text.ts';
import type { Rule } from '../types.ts';

/** The node, its disks and mounts, its container runtime and its scheduler. */
export const NODE_RULES: readonly Rule[] = [
  {
    name: 'disk-full',
    class: 'infrastructure',
    rank: 'machine',
    hints: ['no space left on device', 'errno 28', 'wrote only'],
    pattern:
      /(?:^|: )(?:\[Errno 28\] )?No space left on device|\[Errno 28\]|: Wrote only \d{1,12} of \d{1,12} bytes/i,
    say: ({ text }) => `the disk of the node is full: ${code(text)}`,
  },
  {
    name: 'quota-exceeded',
    class: 'infrastructure',
    rank: 'machine',
    hints: ['quota exceeded', 'errno 122'],
    pattern: /(?:^|: )(?:\[Errno 122\] )?Disk quota exceeded|\[Errno 122\]/i,
    say: ({ text }) => `the disk quota on the node is used up: ${code(text)}`,
  },
  {
    name: 'memory-limit',
    class: 'configuration',
    rank: 'machine',
    hints: ['stratobot: out of memory'],
    pattern: /^stratobot: out of memory, the kernel killed \d/,
    say: () => 'the job needed more memory than it may use on its node, so the kernel killed a part of it',
  },
  {
    name: 'out-of-memory',
    class: 'infrastructure',
    rank: 'machine',
    hints: [
      'oom',
      'out of memory: kill',
      'out_of_memory',
      'killed signal terminated',
      'error: killed',
      'signal 9 [killed]',
      'job memory limit',
    ],
    pattern:
      /\boom[-_ ]kill(?:er)? event|\boom-kill:|\bOut of memory: Kill(?:ed)? process|\bOUT_OF_MEMORY\b|oom-killer|Killed signal terminated program|internal compiler error: Killed|terminated with signal 9 \[Killed\]|Exceeded job memory limit/i,
    say: ({ text }) => `the node ran out of memory: ${code(text)}`,
  },
  {
    name: 'time-limit',
    class: 'configuration',
    rank: 'machine',
    hints: ['due to time limit'],
    pattern: /CANCELLED AT \S{1,40} DUE TO TIME LIMIT/i,
    say: () => 'Slurm stopped it at its time limit',
  },
  {
    name: 'node-failed',
    class: 'infrastructure',
    rank: 'machine',
    hints: ['due to node failure', 'due to preemption', 'node_fail'],
    pattern: /CANCELLED AT \S{1,40} DUE TO (NODE FAILURE|PREEMPTION)|\bNODE_FAIL\b/i,
    say: ({ groups: [why = ''] }) =>
      why.toUpperCase() === 'PREEMPTION'
        ? 'Slurm gave the node to another job'
        : 'the node failed while the job ran',
  },
  {
    name: 'mount-lost',
    class: 'infrastructure',
    rank: 'machine',
    hints: ['transport endpoint is not connected', 'stale file handle', 'stale nfs file handle'],
    pattern: /(?:^|: )(?:Transport endpoint is not connected|Stale (?:NFS )?file handle)/i,
    say: ({ text }) => `the node lost a mounted file system: ${code(text)}`,
  },
  {
    name: 'io-error',
    class: 'infrastructure',
    rank: 'machine',
    hints: ['input/output error', 'errno 5]', 'read-only file system'],
    pattern: /(?:^|: )(?:\[Errno 5\] )?Input\/output error|\[Errno 5\]|: Read-only file system/i,
    say: ({ text }) => `the node cannot use its disk: ${code(text)}`,
  },
  {
    name: 'cvmfs-unavailable',
    class: 'infrastructure',
    rank: 'machine',
    hints: [
      'root file catalog',
      'cernvm-fs: ',
      'failed to mount',
      'mount of cvmfs',
      'not mounted',
      'not available',
      'cannot access',
      'reading directory',
    ],
    pattern:
      /Failed to initialize root file catalog|CernVM-FS: .{0,80}fail|failed to mount .{0,80}cvmfs|mount of cvmfs .{0,80}fail|\/cvmfs\/?[\w./-]{0,80}['"]?(?: is)? not (?:mounted|available)|cannot access '?\/cvmfs\/?[\w.-]{0,80}\/?'?: No such file|ls: reading directory '?\/cvmfs/i,
    say: ({ text }) => `CernVM-FS is not available on the node: ${code(text)}`,
  },
  {
    name: 'container-pull',
    class: 'download',
    rank: 'cause',
    hints: ['fatal: '],
    pattern:
      /^FATAL: {1,8}(?:Unable to (?:pull|handle|get) (\S{1,300}?)(?: uri)?: |While (?:making image|pulling))(.{0,600})/,
    say: ({ groups: [image = '', why = ''] }) =>
      `the container image ${image === '' ? '' : `${code(image)} `}could not be pulled: ${code(why)}`,
  },
  {
    name: 'container-failed',
    class: 'infrastructure',
    rank: 'cause',
    hints: ['fatal: '],
    pattern: /^FATAL: {2,8}(.{1,600})/,
    say: ({ groups: [why = ''] }) => `the container could not be started: ${code(why)}`,
  },
  {
    name: 'fuse-failed',
    class: 'infrastructure',
    rank: 'cause',
    hints: ['fuse: ', 'fusermount', 'squashfuse', 'fuse-overlayfs', 'fuse2fs'],
    pattern:
      /^(?:fuse|fusermount3?|squashfuse\S{0,20}|fuse-overlayfs|fuse2fs): (.{0,200}(?:failed|cannot|not found|denied|permitted).{0,200})/i,
    say: ({ text }) => `a file system could not be mounted on the node: ${code(text)}`,
  },
  {
    name: 'gpu-missing',
    class: 'infrastructure',
    rank: 'cause',
    hints: ['cuda-capable', 'cuda_error', 'nvidia-smi', 'cuda driver'],
    pattern:
      /no CUDA-capable device is detected|CUDA_ERROR_NO_DEVICE|NVIDIA-SMI has failed|CUDA driver version is insufficient/i,
    say: ({ text }) => `the accelerator of the node cannot be used: ${code(text)}`,
  },
  {
    name: 'no-network',
    class: 'infrastructure',
    rank: 'cause',
    hints: [
      'could not resolve',
      'name resolution',
      'network is unreachable',
      'no route to host',
      'name or service not known',
    ],
    pattern:
      /Could not resolve (?:host|proxy)|Temporary failure in name resolution|Name or service not known|Network is unreachable|No route to host/i,
    say: ({ text, url }) =>
      `the node could not reach the network${url === null ? '' : ` (${code(url)})`}: ${code(text)}`,
  },
  {
    name: 'memory-refused',
    class: 'infrastructure',
    rank: 'cause',
    hints: ['cannot allocate memory', 'virtual memory exhausted', 'errno 12]'],
    pattern: /(?:^|: )(?:Cannot allocate memory|virtual memory exhausted)|\[Errno 12\]/i,
    say: ({ text }) => `the node had no memory left to give: ${code(text)}`,
  },
  {
    name: 'permission-denied',
    class: 'infrastructure',
    rank: 'cause',
    hints: ['permission denied'],
    pattern:
      /(?:cannot |mkdir|open|\[Errno 13\]|line \d{1,9}: |[a-z]{2,20}: \/).{0,300}: '?Permission denied|\[Errno 13\] Permission denied/i,
    say: ({ text }) => `the job may not do this on the node: ${code(text)}`,
  },
  {
    name: 'script-missing',
    class: 'configuration',
    rank: 'cause',
    hints: ['.sh: no such file'],
    pattern: /(bot\/[\w.-]{1,80}\.sh): No such file or directory/,
    say: ({ groups: [script = ''] }) => `there is no ${code(script)} in the pull request`,
  },
  {
    name: 'killed',
    class: 'infrastructure',
    rank: 'symptom',
    hints: ['killed'],
    pattern: /^Killed$|: line \d{1,9}: +\d{1,9} Killed\b|\] (?:Error 137|Killed)$|signal 9 \(Killed\)/,
    say: ({ text }) => `a command was killed, most likely for lack of memory: ${code(text)}`,
  },
  {
    name: 'job-cancelled',
    class: 'infrastructure',
    rank: 'symptom',
    hints: ['cancelled at'],
    pattern: /^slurmstepd: error: \*{3} (?:JOB|STEP) \S{1,40} ON \S{1,80} CANCELLED AT/,
    unless: /DUE TO/,
    say: ({ text }) => `Slurm cancelled the job: ${code(firstWords([text], 1))}`,
  },
];
