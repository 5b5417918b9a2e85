import { code, firstWords } from '../text.ts';
import type { Rule } from '../types.ts';

/** Programs that configure checks compile: their errors are answers, not failures. */
const PROBES =
  /conftest|CMakeScratch|CMakeTmp|TryCompile|sanitycheck|testfile\.c|config\.tests|\/meson-private\/|^configure:\d/;

/** What a place in a file reads like. */
function at(file: string, line: string): string {
  return `${code(file.replace(/^.*\/(?=[^/]*\/[^/]*$)/, ''), 120)} line ${line}`;
}

/** Compilers, linkers, configure scripts, CMake, Meson, make, pip and other builders of packages. */
export const TOOL_RULES: readonly Rule[] = [
  {
    name: 'header-missing',
    class: 'build',
    rank: 'cause',
    hints: ['fatal error:'],
    pattern:
      /^([^\s:][^:]{0,300}):(\d{1,9})(?::\d{1,9})?: fatal error: '?([^\s':]{1,200})'?(?:: No such file or directory| file not found)/,
    unless: PROBES,
    say: ({ groups: [file = '', line = '', header = ''] }) =>
      `the header ${code(header)} is missing (${at(file, line)})`,
  },
  {
    name: 'compiler-crash',
    class: 'build',
    rank: 'cause',
    hints: ['internal compiler error', 'please submit a bug report', 'please submit a full bug'],
    pattern: /internal compiler error: (.{1,300})|^PLEASE submit a bug report to (.{1,200})/,
    unless: PROBES,
    say: ({ groups: [what = '', where = ''] }) =>
      `the compiler crashed: ${code(what === '' ? `PLEASE submit a bug report to ${where}` : what)}`,
  },
  {
    name: 'compiler-error',
    class: 'build',
    rank: 'cause',
    hints: ['error:'],
    pattern: /^([^\s:(][^:(]{0,300})(?::(\d{1,9})(?::\d{1,9})?|\((\d{1,9})\)): (?:fatal )?error: (.{1,600})/,
    unless: PROBES,
    say: ({ groups: [file = '', line = '', other = '', why = ''] }) =>
      `${code(`error: ${why}`)} in ${at(file, line === '' ? other : line)}`,
  },
  {
    name: 'compiler-option',
    class: 'build',
    rank: 'cause',
    hints: ['error:', 'nvcc fatal'],
    pattern:
      /^(?:[\w./+-]{0,200}\/)?(?:[\w-]{1,60}-)?(?:gcc|g\+\+|gfortran|cc|c\+\+|cc1|cc1plus|f951|clang|clang\+\+|flang|icx|icpx|ifx|as|mpicc|mpicxx|nvc|nvc\+\+)(?:-\d{1,3})?: (?:fatal )?error: (.{1,600})|^nvcc fatal {1,4}: (.{1,300})/,
    unless: PROBES,
    say: ({ groups: [why = '', nvcc = ''] }) => code(why === '' ? `nvcc fatal: ${nvcc}` : `error: ${why}`),
  },
  {
    name: 'fortran-error',
    class: 'build',
    rank: 'cause',
    hints: ['error:'],
    pattern: /^(?:Fatal )?Error: (.{1,600}) at \(\d\)(.{0,200})/,
    say: ({ text }) => code(text),
  },
  {
    name: 'linker-error',
    class: 'build',
    rank: 'cause',
    hints: [
      'undefined reference',
      'cannot find -l',
      'multiple definition of',
      'relocation truncated',
      'ld.lld: error',
      'undefined symbol:',
      'cannot open shared object file',
    ],
    pattern:
      /(undefined reference to [`'"].{1,300}|cannot find -l[\w.+-]{1,100}|multiple definition of [`'"].{1,300}|relocation truncated to fit: .{1,200}|undefined symbol: .{1,300}|error while loading shared libraries: .{1,300})/,
    unless: PROBES,
    say: ({ groups: [what = ''] }) => `the linker failed: ${code(what)}`,
  },
  {
    name: 'cmake-error',
    class: 'build',
    rank: 'cause',
    hints: ['cmake error'],
    pattern:
      /^CMake Error(?: at ([^\s:]{1,300}):(\d{1,9}) \([^)]{1,80}\)|: Error|: (?=\S)| in [^\s:]{1,300}):?(.{0,400})/,
    say: ({ groups: [file = '', line = '', why = ''], after }) => {
      const said = why.trim() === '' ? firstWords(after) : why.trim();
      return `CMake failed: ${code(said)}${file === '' ? '' : ` in ${at(file, line)}`}`;
    },
  },
  {
    name: 'configure-error',
    class: 'build',
    rank: 'cause',
    hints: ['configure: error'],
    pattern: /^(?:\S{1,300}\/)?configure: error: (.{1,600})/,
    say: ({ groups: [why = ''] }) => `configure failed: ${code(why)}`,
  },
  {
    name: 'meson-error',
    class: 'build',
    rank: 'cause',
    hints: ['meson.build:', 'meson_options'],
    pattern: /^([^\s:]{0,300}meson(?:\.build|_options\.txt)):(\d{1,9}):\d{1,9}: ERROR: (.{1,600})/,
    say: ({ groups: [file = '', line = '', why = ''] }) => `Meson failed: ${code(why)} in ${at(file, line)}`,
  },
  {
    name: 'pip-requirement',
    class: 'build',
    rank: 'cause',
    hints: [
      'satisfies the requirement',
      'no matching distribution',
      'which is not installed',
      'has requirement',
      'but you have',
    ],
    pattern:
      /Could not find a version that satisfies the requirement (\S{1,200})|No matching distribution found for (\S{1,200})|^\s{0,4}(\S{1,100} \S{1,60} (?:requires \S{1,200}, which is not installed|has requirement .{1,200}, but you have .{1,100}))/,
    say: ({ groups: [a = '', b = '', broken = ''] }) =>
      broken === '' ? `pip finds no ${code(a === '' ? b : a)}` : `pip check: ${code(broken)}`,
  },
  {
    name: 'python-import',
    class: 'build',
    rank: 'cause',
    hints: ['modulenotfounderror', 'importerror'],
    pattern: /^\s{0,12}((?:ModuleNotFoundError|ImportError): .{1,300})/,
    say: ({ groups: [why = ''] }) => `Python cannot import: ${code(why)}`,
  },
  {
    name: 'rust-error',
    class: 'build',
    rank: 'cause',
    hints: ['error[e', 'error: could not compile', 'error: linking with'],
    pattern:
      /^\s{0,8}(error\[E\d{4}\]: .{1,300}|error: could not compile .{1,200}|error: linking with .{1,200})/,
    say: ({ groups: [why = ''] }) => `Rust: ${code(why)}`,
  },
  {
    name: 'illegal-instruction',
    class: 'build',
    rank: 'cause',
    hints: ['illegal instruction', 'sigill'],
    pattern: /\bIllegal instruction\b|\bSIGILL\b/,
    say: ({ text }) => `a program uses instructions that the CPU of the node does not have: ${code(text)}`,
  },
  {
    name: 'package-tests',
    class: 'test',
    rank: 'cause',
    hints: ['tests failed out of', 'failed, ', ' failed in '],
    pattern:
      /^(\d{1,3}% tests passed, \d{1,9} tests failed out of \d{1,9})|^=+ (\d{1,9} failed.{0,120}) in [\d.]{1,12}s.{0,20}=+$/,
    unless: /, 0 tests failed/,
    say: ({ groups: [ctest = '', pytest = ''] }) =>
      `the tests of the package failed: ${code(ctest === '' ? pytest : ctest)}`,
  },
  {
    name: 'segfault',
    class: 'build',
    rank: 'symptom',
    hints: ['segmentation fault'],
    pattern: /\bSegmentation fault\b/,
    say: ({ text }) => `a program crashed: ${code(text)}`,
  },
  {
    name: 'pip-build',
    class: 'build',
    rank: 'symptom',
    hints: [
      'failed building wheel',
      'did not run successfully',
      'failed with exit code',
      'metadata-generation-failed',
    ],
    pattern:
      /Failed building wheel for (\S{1,100})|(\S{1,40} wheel for \S{1,100}|python setup\.py \w{1,40}|Preparing metadata) .{0,40}did not run successfully|^\s{0,8}error: command '.{1,200}' failed with exit code \d{1,3}|metadata-generation-failed/,
    say: ({ text }) => `pip could not build a package: ${code(text)}`,
  },
  {
    name: 'command-not-found',
    class: 'build',
    rank: 'symptom',
    hints: ['command not found'],
    pattern: /: line \d{1,9}: ([^\s:]{1,100}): command not found/,
    say: ({ groups: [name = ''] }) => `there is no command ${code(name)} on the node`,
  },
  {
    name: 'tar-empty',
    class: 'build',
    rank: 'symptom',
    hints: ['cowardly refusing', 'nothing to tar', 'no files to be'],
    pattern:
      /Cowardly refusing to create an empty archive|nothing to tar up|tar: no files or directories specified/i,
    say: () => 'nothing was installed, so there is nothing to pack',
  },
  {
    name: 'make',
    class: 'build',
    rank: 'symptom',
    hints: ['***', 'ninja: ', 'collect2: error', 'subcommand failed'],
    pattern:
      /^(?:g?make)(?:\[\d{1,4}\])?: \*\*\* (.{1,300})|^ninja: (?:error|build stopped): (.{1,300})|^collect2: error: (.{1,300})/,
    say: ({ text }) => `${code(text)} with no error of a compiler before it`,
  },
  {
    name: 'error-line',
    class: 'build',
    rank: 'guess',
    hints: ['error:', 'fatal:'],
    pattern: /^\s{0,8}(?:error|fatal|fatal error): \S.{0,600}/i,
    unless: PROBES,
    say: ({ text }) => code(text),
  },
];
