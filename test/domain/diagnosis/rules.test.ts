import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/domain/diagnosis/rules.ts';
import { diagnose } from '../../../src/domain/diagnosis.ts';
import { CASES } from './cases.ts';
import { FAILED } from './endings.ts';

/** Rules that one line proves. */
const LINES: Record<string, string> = {
  'io-error': 'cp: error reading "/data/x": Input/output error',
  'fuse-failed': 'fusermount3: mount failed: Operation not permitted',
  'gpu-missing': 'RuntimeError: CUDA error: no CUDA-capable device is detected',
  'memory-limit': 'stratobot: out of memory, the kernel killed 2 process(es) of the job',
  'memory-refused': 'bash: fork: Cannot allocate memory',
  'job-cancelled': 'slurmstepd: error: *** JOB 12 ON zen2-1 CANCELLED AT 2025-06-04T10:14:22 ***',
  'extension-source-not-found': 'ERROR: Source for extension sf not found',
  'easyconfig-invalid': 'ERROR: Failed to process easyconfig /x/a.eb: unknown toolchain',
  'easyblock-missing': 'ERROR: Failed to obtain class for EB_FOO easyblock (not available?)',
  'python-import': "ModuleNotFoundError: No module named 'yaml'",
  segfault: 'bash: line 3: 1234 Segmentation fault (core dumped) ./a.out',
  'pip-build': 'error: metadata-generation-failed',
  'command-not-found': 'bot/build.sh: line 12: jq: command not found',
  make: 'make: *** [Makefile:3: all] Error 2',
  'reframe-failed': 'could not load configuration file: reframe_config.py',
  easybuild: 'ERROR: Build of /x/foo-1.0.eb failed (err: "something else")',
  'error-line': 'error: something that no rule knows',
  'script-missing': 'bash: bot/build.sh: No such file or directory',
};

describe('the table of rules', () => {
  it('has one fixture or test for every name', () => {
    const proven = new Set(CASES.map((one) => one.rule));
    const unproven = RULES.map((rule) => rule.name).filter((name) => !proven.has(name));
    expect(unproven.filter((name) => !(name in LINES))).toEqual([]);
    expect(new Set(RULES.map((rule) => rule.name)).size).toBe(RULES.length);
  });

  it.each(Object.entries(LINES))('%s', (rule, line) => {
    expect(diagnose({ ...FAILED, log: `first\n${line}\n` })).toMatchObject({ rule, line: 2 });
  });

  it.each(RULES.map((rule) => [rule.name, rule] as const))('%s costs no more than its line', (_, rule) => {
    // Backtracking explodes where something that repeats is repeated; a group may only be optional.
    expect(rule.pattern.source).not.toMatch(/\)(?:[*+]|\{)/);
    expect(rule.pattern.flags).not.toContain('g');
    expect(rule.hints).toEqual(rule.hints.map((hint) => hint.toLowerCase()));
    const bare = rule.pattern.source.replace(/\\./g, 'e').replace(/\[[^\]]*\]/g, 'c');
    expect(
      bare.match(/[*+]|\{\d+,\}/g)?.length ?? 0,
      'at most two unbounded repetitions',
    ).toBeLessThanOrEqual(2);
    expect(bare, 'nothing that repeats inside something that repeats').not.toMatch(/[*+}][*+{]/);
  });
});

describe('single lines', () => {
  it.each([
    ['disk-full', 'tar: a.tar: Wrote only 4096 of 10240 bytes'],
    ['disk-full', "OSError: [Errno 28] No space left on device: '/tmp/x'"],
    ['disk-full', 'stratobot: the disk of the jobs is full: No space left on device'],
    ['out-of-memory', 'collect2: fatal error: ld terminated with signal 9 [Killed]'],
    ['out-of-memory', 'slurmstepd: error: Exceeded job memory limit'],
    ['cvmfs-unavailable', "ls: cannot access '/cvmfs/software.eessi.io': No such file or directory"],
    ['cvmfs-unavailable', '/cvmfs/software.eessi.io/versions not mounted'],
    [
      'container-failed',
      'FATAL:   mount /cvmfs->/cvmfs error: while mounting /cvmfs: fuse: device not found',
    ],
    ['compiler-option', "nvcc fatal   : Unsupported gpu architecture 'compute_120'"],
    ['compiler-error', 'foo.cu(12): error: identifier "x" is undefined'],
    ['package-tests', '============ 3 failed, 200 passed in 12.03s ============'],
    ['easybuild', '== FAILED: Installation ended unsuccessfully (build directory: /a (b)/c): something'],
    // Nobody failed here.
    ['unknown', 'checking for strerror... No space left on device'],
    ['unknown', 'src/errno_table.c: "ENOSPC" "No space left on device"'],
    ['unknown', 'tests/test_oom.py::test_out_of_memory PASSED'],
    ['unknown', '100% tests passed, 0 tests failed out of 92'],
    ['unknown', 'configure:3: conftest.c:9:10: fatal error: foo.h: No such file or directory'],
    ['unknown', 'g++ -Werror -c error.cpp -o error.o'],
    ['unknown', '[  3%] Building CXX object error: /fatal error.o'],
  ])('%s: %s', (rule, line) => {
    expect(diagnose({ ...FAILED, log: `${line}\n` })?.rule).toBe(rule);
  });
});
