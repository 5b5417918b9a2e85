/**
 * What an easystack file means: a list of easyconfigs that EasyBuild is to install, each with options of its own.
 * Format: https://docs.easybuild.io/easystack-files/. Reading the YAML is the work of src/easystack/.
 */

/** One easyconfig of an easystack. */
export interface Easyconfig {
  /** File name of the easyconfig, without folders and always with `.eb`. */
  name: string;
  /** Options by name, without dashes (`from-commit`); a flag's value is `True` or `False`. */
  options: Readonly<Record<string, string>>;
  /** Where it stands, counted from 1. */
  line: number;
}

/** Something that keeps an easystack from being read; `message` is a sentence without its full stop, names in backticks. */
export interface EasystackProblem {
  file: string;
  /** Counts from 1, as `column`. */
  line: number;
  column: number;
  message: string;
}

export type ReadEasystack =
  | { kind: 'read'; easyconfigs: Easyconfig[] }
  | { kind: 'broken'; problems: EasystackProblem[] };

/** What the name of an easyconfig says. */
export interface Software {
  name: string;
  /** Empty where the name tells none. */
  version: string;
  /** `foss-2023b`; null: the system's compiler. */
  toolchain: string | null;
  /** What stands behind the toolchain, without its dash: `CUDA-12.1.1`; or empty. */
  suffix: string;
}

/** Names of toolchains as they stand in file names; those of EasyBuild 4 and 5. */
const TOOLCHAINS: readonly string[] = [
  ...[
    'GCCcore',
    'GCC',
    'gcccuda',
    'gompi',
    'gompic',
    'gfbf',
    'golf',
    'gobff',
    'goblf',
    'gomkl',
    'goolf',
    'goolfc',
  ],
  ...['gmpich', 'gmpolf', 'gmpflf', 'gpsmpi', 'gpsolf', 'gmvapich2', 'gmvolf', 'gimkl', 'gimpi', 'giolf'],
  ...['foss', 'fosscuda', 'ffbf', 'ffoss', 'ffmpi', 'FCC', 'Fujitsu'],
  ...[
    'intel',
    'intel-compilers',
    'intelcuda',
    'iccifort',
    'iccifortcuda',
    'iimpi',
    'iimpic',
    'iimkl',
    'iimklc',
  ],
  ...['iomkl', 'iompi', 'ifbf', 'iofbf', 'ipsmpi', 'impmkl', 'iccuda', 'intel-para'],
  ...['llvm-compilers', 'lompi', 'lfbf', 'lfoss', 'lmpich', 'lmpflf', 'Clang', 'ClangGCC', 'clgf', 'cgmpich'],
  ...[
    'NVHPC',
    'nvidia-compilers',
    'nvompi',
    'nvofbf',
    'nvompic',
    'nvpsmpi',
    'nvofbfc',
    'nvhpc',
    'PGI',
    'pompi',
    'pomkl',
  ],
  ...['AOCC', 'aompi', 'rocm-compilers', 'rompi', 'rfbf', 'rfoss', 'cpeGNU', 'cpeCray', 'cpeIntel', 'cpeAMD'],
  ...['CrayGNU', 'CrayCCE', 'CrayIntel', 'CrayPGI', 'CrayNVHPC', 'system', 'dummy'],
];

/**
 * Reads `<name>-<version>[-<toolchain>-<version>][-<suffix>].eb`, in which every part may hold dashes: the version is the
 * first part that begins with a digit (or `v` and one), the toolchain is known by its name.
 */
export function softwareOf(easyconfig: string): Software {
  const parts = easyconfig.replace(/\.eb$/, '').split('-');
  const at = parts.findIndex((part, index) => index > 0 && /^v?\d/.test(part));
  if (at < 0) return { name: parts.join('-'), version: '', toolchain: null, suffix: '' };
  const name = parts.slice(0, at).join('-');
  for (let index = at + 1; index < parts.length; index += 1) {
    for (const length of [1, 2]) {
      const end = index + length;
      const versionPart = parts[end];
      if (versionPart === undefined || !TOOLCHAINS.includes(parts.slice(index, end).join('-'))) continue;
      return {
        name,
        version: parts.slice(at, index).join('-'),
        toolchain: parts.slice(index, end + 1).join('-'),
        suffix: parts.slice(end + 1).join('-'),
      };
    }
  }
  return { name, version: parts[at] ?? '', toolchain: null, suffix: parts.slice(at + 1).join('-') };
}
