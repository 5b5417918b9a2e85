import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/domain/diagnosis/rules.ts';
import {
  type Diagnosis,
  diagnose,
  diagnoser,
  type Ending,
  type FailureClass,
  maskSecrets,
  retryAdvice,
} from '../../src/domain/diagnosis.ts';

const LOGS = join(import.meta.dirname, '../fixtures/logs');
const log = (name: string) => readFileSync(join(LOGS, `${name}.txt`), 'utf8');

/** `bot/build.sh` failed and `bot/check-build.sh` said so. */
const FAILED: Ending = {
  exit: { kind: 'exited', code: 0 },
  steps: { build: 1, 'check-build': 0, test: null, 'check-test': null },
  result: { status: 'FAILURE', artefacts: [], description: '' },
  tests: null,
};
/** All is well. */
const PASSED: Ending = {
  exit: { kind: 'exited', code: 0 },
  steps: { build: 0, 'check-build': 0, test: 0, 'check-test': 0 },
  result: { status: 'SUCCESS', artefacts: ['eessi.tar.zst'], description: '' },
  tests: { outcome: { status: 'SUCCESS', passed: 1, failed: 0 }, failedTests: [], description: '' },
};
const TESTS_FAILED: Ending = {
  ...PASSED,
  tests: { outcome: { status: 'FAILURE', passed: null, failed: null }, failedTests: [], description: '' },
};

interface Case {
  log: string;
  class: FailureClass;
  rule: string;
  line: number | null;
  sentence: string;
}

const CASES: readonly Case[] = [
  {
    log: 'checksum',
    class: 'download',
    rule: 'checksum',
    line: 28,
    sentence:
      'while building `SciPy-bundle-2023.11-gfbf-2023b.eb`: `numpy-1.26.2.tar.gz` does not have the checksum that its easyconfig gives',
  },
  {
    log: 'cmake-error',
    class: 'build',
    rule: 'cmake-error',
    line: 42,
    sentence:
      'while building `OpenFOAM-v2406-foss-2023a.eb`: CMake failed: `Could NOT find SCOTCH (missing: SCOTCH_INCLUDE_DIR)` in `Modules/FindPackageHandleStandardArgs.cmake` line 230',
  },
  {
    log: 'compiler-crash',
    class: 'build',
    rule: 'compiler-crash',
    line: 46,
    sentence:
      'while building `Highway-1.0.4-GCCcore-12.3.0.eb`: the compiler crashed: `in expand_expr_real_2, at expr.cc:10122`',
  },
  {
    log: 'compiler-error',
    class: 'build',
    rule: 'compiler-error',
    line: 54,
    sentence:
      "while building `LAMMPS-2Aug2023_update2-foss-2023a-kokkos.eb`: `error: no matching function for call to 'atan2(__bf16, double)'` in `KOKKOS/pair_eam_kokkos.cpp` line 412",
  },
  {
    log: 'compiler-option',
    class: 'build',
    rule: 'compiler-option',
    line: 86,
    sentence:
      "while building `GROMACS-2024.4-foss-2023b.eb`: `error: unrecognized command-line option '-mavx2'`",
  },
  {
    log: 'configure-error',
    class: 'build',
    rule: 'configure-error',
    line: 44,
    sentence: "while building `HDF5-1.14.3-gompi-2023b.eb`: configure failed: `couldn't find szlib library`",
  },
  {
    log: 'configure-test-then-failure',
    class: 'build',
    rule: 'compiler-error',
    line: 49,
    sentence:
      "while building `libxc-6.2.2-GCC-12.3.0.eb`: `error: stray '\\302' in program` in `funcs/mgga_xc.c` line 90",
  },
  {
    log: 'container-failed',
    class: 'infrastructure',
    rule: 'container-failed',
    line: 18,
    sentence:
      'the container could not be started: `while extracting /scratch/bot/cache/build-node.sif: root filesystem extraction failed: extract command failed: exit status 1`',
  },
  {
    log: 'container-pull',
    class: 'download',
    rule: 'container-pull',
    line: 18,
    sentence:
      'the container image `docker://ghcr.io/eessi/build-node:debian11` could not be pulled: `while building SIF from layers: conveyor failed to get: toomanyrequests: retry-after: 614µs`',
  },
  {
    log: 'curl-refused',
    class: 'download',
    rule: 'connection-failed',
    line: 13,
    sentence:
      "the download of `https://github.com/EESSI/software-layer-scripts/archive/main.tar.gz` failed: `Failed to connect to github.com port 443 after 2 ms: Couldn't connect to server`",
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
    log: 'download-that-recovered',
    class: 'build',
    rule: 'patch-failed',
    line: 34,
    sentence:
      'while building `M4-1.4.19-GCCcore-13.2.0.eb`: a patch does not apply: `2 out of 4 hunks FAILED -- saving rejects to file lib/fflush.c.rej`',
  },
  {
    log: 'easyconfig-not-found',
    class: 'configuration',
    rule: 'easyconfig-not-found',
    line: 24,
    sentence: 'EasyBuild finds no easyconfig `GROMACS-2025.9-foss-2023b.eb` on its search path',
  },
  {
    log: 'extension-pip',
    class: 'build',
    rule: 'rust-error',
    line: 52,
    sentence:
      "while building `Python-bundle-PyPI-2024.06-GCCcore-13.3.0.eb`, extension `cryptography`: Rust: `error[E0658]: use of unstable library feature 'core_intrinsics'`",
  },
  {
    log: 'flag-and-word-errors',
    class: 'build',
    rule: 'compiler-error',
    line: 47,
    sentence:
      "while building `Mesa-23.1.9-GCCcore-13.2.0.eb`: `error: 'PATH_MAX' undeclared (first use in this function)` in `vulkan/anv_device.c` line 88",
  },
  {
    log: 'fortran-error',
    class: 'build',
    rule: 'fortran-error',
    line: 45,
    sentence:
      "while building `WRF-4.4.1-foss-2022b-dmpar.eb`: `Error: Type mismatch in argument 'n' at (1); passed INTEGER(8) to INTEGER(4)`",
  },
  {
    log: 'git-clone',
    class: 'download',
    rule: 'git-clone',
    line: 18,
    sentence:
      '`https://github.com/EESSI/test-suite/` could not be cloned: `The requested URL returned error: 502`',
  },
  {
    log: 'header-missing',
    class: 'build',
    rule: 'header-missing',
    line: 45,
    sentence:
      'while building `Qt6-6.6.3-GCCcore-13.2.0.eb`: the header `xkbcommon/xkbcommon.h` is missing (`unix/qxkbcommon.cpp` line 9)',
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
    log: 'http-error',
    class: 'download',
    rule: 'http-error',
    line: 28,
    sentence:
      'while building `HMMER-3.4-gompi-2023b.eb`: the download of `http://eddylab.org/software/hmmer/hmmer-3.4.tar.gz` failed: `HTTP Error 503: Service Unavailable`',
  },
  {
    log: 'ignored-make-error',
    class: 'build',
    rule: 'linker-error',
    line: 46,
    sentence: 'while building `ncurses-6.4-GCCcore-13.2.0.eb`: the linker failed: `cannot find -ltinfow`',
  },
  {
    log: 'illegal-instruction',
    class: 'build',
    rule: 'illegal-instruction',
    line: 43,
    sentence:
      'while building `OpenBLAS-0.3.24-GCC-13.2.0.eb`: a program uses instructions that the CPU of the node does not have: `/bin/sh: line 1: 88122 Illegal instruction (core dumped) ./dblat1`',
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
    log: 'linker-error',
    class: 'build',
    rule: 'linker-error',
    line: 50,
    sentence:
      "while building `ParaView-5.11.2-foss-2023a.eb`: the linker failed: `undefined reference to 'H5Pset_fapl_mpio'`",
  },
  {
    log: 'meson-error',
    class: 'build',
    rule: 'meson-error',
    line: 44,
    sentence:
      'while building `GLib-2.78.1-GCCcore-13.2.0.eb`: Meson failed: `Dependency "libpcre2-8" not found, tried pkgconfig and cmake` in `glib-2.78.1/meson.build` line 2104',
  },
  {
    log: 'missing-dependencies',
    class: 'configuration',
    rule: 'missing-dependencies',
    line: 24,
    sentence: 'dependencies are missing: `HDF5/1.14.3-gompi-2023b, netCDF/4.9.2-gompi-2023b`',
  },
  {
    log: 'missing-modules',
    class: 'build',
    rule: 'missing-modules',
    line: 63,
    sentence: '2 of 43 modules were not installed: `OpenFOAM/v2406-foss-2023a`, `ParaView/5.11.2-foss-2023a`',
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
    log: 'package-tests',
    class: 'test',
    rule: 'package-tests',
    line: 44,
    sentence:
      'while building `GROMACS-2024.4-foss-2023b.eb`: the tests of the package failed: `98% tests passed, 2 tests failed out of 92`',
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
    log: 'pip-requirement',
    class: 'build',
    rule: 'pip-requirement',
    line: 42,
    sentence: 'while building `jax-0.4.25-gfbf-2023a.eb`: pip finds no `ml_dtypes>=0.2.0`',
  },
  {
    log: 'quota-exceeded',
    class: 'infrastructure',
    rule: 'quota-exceeded',
    line: 44,
    sentence:
      "while building `R-4.4.1-gfbf-2023b.eb`: the disk quota on the node is used up: `cp: error writing '/scratch/bot/sources/r/R/R-4.4.1.tar.gz': Disk quota exceeded`",
  },
  {
    log: 'sanity-check',
    class: 'build',
    rule: 'sanity-check',
    line: 90,
    sentence:
      "while building `GROMACS-2026.3-foss-2025b-CUDA-13.3.0.eb`: the sanity check failed: `no file found at 'bin/gmx_d' in /eessi/software/GROMACS/2026.3-foss-2025b-CUDA-13.3.0`",
  },
  {
    log: 'sanity-import',
    class: 'build',
    rule: 'sanity-check',
    line: 52,
    sentence:
      "while building `mpi4py-3.1.5-gompi-2023b.eb`: the sanity check failed: `command \"python -c 'import mpi4py'\" failed; output:`, `ModuleNotFoundError: No module named 'mpi4py'`",
  },
  {
    log: 'shell-command',
    class: 'build',
    rule: 'shell-command',
    line: 42,
    sentence:
      'while building `Rust-1.75.0-GCCcore-13.2.0.eb`: `./x.py build -j 16` failed with exit status 101',
  },
  {
    log: 'slurm-time-limit',
    class: 'configuration',
    rule: 'time-limit',
    line: 57,
    sentence: 'while building `TensorFlow-2.15.1-foss-2023a.eb`: Slurm stopped it at its time limit',
  },
  {
    log: 'source-not-found',
    class: 'download',
    rule: 'source-not-found',
    line: 28,
    sentence:
      'while building `gc-8.2.4-GCCcore-13.2.0.eb`: the source `gc-8.2.4.tar.gz` could not be downloaded',
  },
  {
    log: 'step-that-recovered',
    class: 'build',
    rule: 'sanity-check',
    line: 51,
    sentence:
      "while building `NSS-3.94-GCCcore-13.2.0.eb`: the sanity check failed: `no file found at 'include/nss/nss.h' or 'include/nss3/nss.h' in /eessi/software/NSS/3.94-GCCcore-13.2.0`",
  },
  {
    log: 'tar-empty',
    class: 'build',
    rule: 'tar-empty',
    line: 26,
    sentence: 'nothing was installed, so there is nothing to pack',
  },
  {
    log: 'unknown',
    class: 'build',
    rule: 'unknown',
    line: null,
    sentence: '`bot/build.sh` ended with exit status 1, and no line of the log says why',
  },
];

/** Rules that one line proves. */
const LINES: Record<string, string> = {
  'io-error': 'cp: error reading "/data/x": Input/output error',
  'fuse-failed': 'fusermount3: mount failed: Operation not permitted',
  'gpu-missing': 'RuntimeError: CUDA error: no CUDA-capable device is detected',
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

function because(diagnosis: Diagnosis | null): Omit<Case, 'log'> | null {
  if (diagnosis === null) return null;
  const { class: failureClass, rule, line, sentence } = diagnosis;
  return { class: failureClass, rule, line, sentence };
}

describe('diagnose', () => {
  for (const { log: name, ...expected } of CASES) {
    it(`finds ${expected.rule} in ${name}`, () => {
      const diagnosis = diagnose({ ...FAILED, log: log(name) });
      expect(because(diagnosis)).toEqual(expected);
    });
  }

  it('names the failed test and its reason', () => {
    expect(because(diagnose({ ...TESTS_FAILED, log: log('reframe-failed') }))).toEqual({
      class: 'test',
      rule: 'tests-failed',
      line: 82,
      sentence:
        "the test `EESSI_OSU_pt2pt_CPU` failed: `sanity error: pattern 'Size' not found in 'rfm_job.out'`",
    });
  });

  it('names three of many failed tests', () => {
    expect(diagnose({ ...TESTS_FAILED, log: log('reframe-many') })?.sentence).toBe(
      '5 tests failed: `EESSI_T1`, `EESSI_T2`, `EESSI_T3` and 2 more',
    );
  });

  it('takes the names of failed tests from the test file when the log has none', () => {
    const tests: Ending['tests'] = {
      outcome: { status: 'FAILURE', passed: 2, failed: 1 },
      failedTests: ['EESSI_GROMACS'],
      description: '',
    };
    expect(diagnose({ ...PASSED, tests, log: '' })?.sentence).toBe('the test `EESSI_GROMACS` failed');
  });

  it.each(['success', 'success-with-errors'])('says nothing about %s', (name) => {
    expect(diagnose({ ...PASSED, log: log(name) })).toBeNull();
  });

  it('blames no line of a package that was installed', () => {
    expect(diagnose({ ...FAILED, log: log('success-with-errors') })).toMatchObject({
      rule: 'unknown',
      line: null,
    });
  });

  it('reads what the real scripts wrote', () => {
    expect(because(diagnose({ ...FAILED, log: log('scripts-failure') }))).toEqual({
      class: 'build',
      rule: 'easybuild',
      line: 2,
      sentence:
        'while building `GROMACS-2024.4-foss-2023b.eb`: EasyBuild says: `cmd "make -j 16" exited with exit code 2`',
    });
  });

  it('explains a job by its end where the log cannot', () => {
    const lost: Ending = { ...FAILED, exit: { kind: 'lost', detail: 'rebooted' } };
    expect(diagnose({ ...lost, log: 'x\n' })).toMatchObject({ class: 'infrastructure', rule: 'job-lost' });
    expect(diagnose({ ...lost, log: log('out-of-memory') })?.rule).toBe('out-of-memory');
    const late: Ending = { ...FAILED, exit: { kind: 'timed-out', limitSeconds: 86_400 } };
    expect(diagnose({ ...late, log: log('compiler-error') })).toMatchObject({
      class: 'configuration',
      rule: 'time-limit',
      sentence:
        "while building `LAMMPS-2Aug2023_update2-foss-2023a-kokkos.eb`: it was stopped at the pool's time limit of 24 h",
    });
    expect(diagnose({ ...FAILED, steps: {}, log: '' })?.rule).toBe('script-missing');
    expect(diagnose({ ...FAILED, steps: { build: 137 }, log: '' })?.rule).toBe('killed');
    expect(diagnose({ ...PASSED, result: null, log: '' })?.rule).toBe('result-unknown');
  });

  it('shows at most 30 lines around the cause, without escape codes', () => {
    const excerpt = diagnose({ ...FAILED, log: log('compiler-error') })?.excerpt ?? [];
    expect(excerpt.length).toBeGreaterThan(20);
    expect(excerpt.length).toBeLessThanOrEqual(30);
    expect(excerpt).toContain(
      "/scratch/bot/tmp/build/LAMMPS/src/KOKKOS/pair_eam_kokkos.cpp:412:17: error: no matching function for call to 'atan2(__bf16, double)'",
    );
    expect(excerpt.join('')).not.toContain('\u001b');
  });

  it('keeps secrets out of the sentence and the excerpt', () => {
    const diagnosis = diagnose({ ...FAILED, log: log('secrets') });
    const shown = `${diagnosis?.sentence}\n${diagnosis?.excerpt.join('\n')}`;
    expect(shown).toContain('git.example.org');
    expect(shown).toContain('GITHUB_TOKEN=***');
    for (const secret of ['ghp_', 'wJalr', 'b3BlbnN', 'ya29', 'hunter2', 'correct']) {
      expect(shown).not.toContain(secret);
    }
  });

  it('gives the same answer however the log is cut into chunks', () => {
    const bytes = new TextEncoder().encode(log('compiler-error').replaceAll('\n', '\r\n'));
    const whole = diagnose({ ...FAILED, log: log('compiler-error') });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 997 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const one = diagnoser();
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          one.write(bytes.subarray(from, from + size));
          from += size;
        }
        expect(one.end(FAILED)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('answers whatever the log holds, with one short line and a bounded excerpt', () => {
    const pieces = [...CASES.map((one) => log(one.log)), '\u001b[', '\r', '\0', '`', '\ud800', 'error: '];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 5 }), (parts) => {
        const diagnosis = diagnose({ ...FAILED, log: parts.join('') });
        expect(diagnosis).not.toBeNull();
        if (diagnosis === null) return;
        expect(diagnosis.sentence).toMatch(/^[^\n\r\u001b]{1,500}$/u);
        expect(diagnosis.sentence.split('`').length % 2).toBe(1);
        expect(diagnosis.excerpt.length).toBeLessThanOrEqual(30);
      }),
      { numRuns: 100 },
    );
  });

  it('cuts lines without end and counts the lines after them right', () => {
    const one = diagnoser();
    for (let mib = 0; mib < 8; mib += 1) one.write('x'.repeat(1024 * 1024));
    one.write("\ngcc: error: unrecognized command-line option '-mfoo'\n");
    const diagnosis = one.end(FAILED);
    expect(diagnosis?.line).toBe(2);
    expect(diagnosis?.excerpt.join('').length).toBeLessThan(3_000);
  });
});

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

describe('maskSecrets', () => {
  it.each([
    ['token ghs_16C7e42F292c6912E7710c838347Ae178B4a end', 'token *** end'],
    ['github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwx', '***'],
    ['AKIAIOSFODNN7EXAMPLE', '***'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: ***'],
    [
      "curl -H 'Authorization: token abcdef0123456789' https://x.org",
      "curl -H 'Authorization: ***' https://x.org",
    ],
    ['git clone https://user:pass@example.org/x.git', 'git clone https://***@example.org/x.git'],
    ['mysql --password=hunter22 --host=db', 'mysql --password=*** --host=db'],
    ['{"client_secret": "abcdef", "id": 1}', '{"client_secret": "***", "id": 1}'],
    ['https://s3/x?X-Amz-Signature=0123abcd&y=1', 'https://s3/x?X-Amz-Signature=***&y=1'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });

  it('hides a private key, and what follows it stays', () => {
    const text = 'a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nMIIF\n-----END RSA PRIVATE KEY-----\nb';
    expect(maskSecrets(text)).toBe('a\n*** private key ***\n***\n***\n***\nb');
  });

  it('leaves ordinary lines alone', () => {
    const lines = [
      'g++ -O3 -Werror -c password.cpp',
      'https://example.org/a@b',
      'Passed: 3',
      'commit 0123456789abcdef',
    ];
    expect(maskSecrets(lines.join('\n'))).toBe(lines.join('\n'));
  });
});

describe('retryAdvice', () => {
  const classes: FailureClass[] = ['infrastructure', 'download', 'build', 'test', 'configuration'];
  const retries = (failureClass: FailureClass, earlier: FailureClass[]) =>
    retryAdvice({ class: failureClass }, earlier);

  it('tries another node twice, a download once after a minute, and anything else never', () => {
    const again = { retry: true, afterMs: 0, avoidNode: true };
    expect(retries('infrastructure', [])).toEqual(again);
    expect(retries('infrastructure', ['infrastructure'])).toEqual(again);
    expect(retries('infrastructure', ['infrastructure', 'infrastructure']).retry).toBe(false);
    expect(retries('download', [])).toEqual({ retry: true, afterMs: 60_000, avoidNode: false });
    expect(retries('download', ['download']).retry).toBe(false);
    for (const one of ['build', 'test', 'configuration'] as const) expect(retries(one, []).retry).toBe(false);
  });

  it('ends, whatever the log of each try says', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...classes), { minLength: 4, maxLength: 10 }), (tries) => {
        const stopped = tries.findIndex((one, index) => !retries(one, tries.slice(0, index)).retry);
        expect(stopped).toBeGreaterThanOrEqual(0);
        expect(stopped).toBeLessThanOrEqual(3);
      }),
    );
  });
});
