import type { Case } from './case.ts';

/** What goes wrong in a package: it does not compile, link, install or pass its own tests. */
export const BUILD: readonly Case[] = [
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
    log: 'download-that-recovered',
    class: 'build',
    rule: 'patch-failed',
    line: 34,
    sentence:
      'while building `M4-1.4.19-GCCcore-13.2.0.eb`: a patch does not apply: `2 out of 4 hunks FAILED -- saving rejects to file lib/fflush.c.rej`',
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
    log: 'header-missing',
    class: 'build',
    rule: 'header-missing',
    line: 45,
    sentence:
      'while building `Qt6-6.6.3-GCCcore-13.2.0.eb`: the header `xkbcommon/xkbcommon.h` is missing (`unix/qxkbcommon.cpp` line 9)',
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
    log: 'missing-modules',
    class: 'build',
    rule: 'missing-modules',
    line: 63,
    sentence: '2 of 43 modules were not installed: `OpenFOAM/v2406-foss-2023a`, `ParaView/5.11.2-foss-2023a`',
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
    log: 'pip-requirement',
    class: 'build',
    rule: 'pip-requirement',
    line: 42,
    sentence: 'while building `jax-0.4.25-gfbf-2023a.eb`: pip finds no `ml_dtypes>=0.2.0`',
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
