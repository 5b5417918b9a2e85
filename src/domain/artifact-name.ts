import type { ArtifactName } from './artifact.ts';
import type { Target } from './target.ts';

const types: readonly string[] = ['software', 'compat', 'init', 'scripts'];
const architectures: readonly string[] = ['x86_64', 'aarch64', 'riscv64', 'ppc64le'];
/** CPU paths have a vendor in the middle (`x86_64/amd/zen2`) or not (`aarch64/neoverse_n1`); these are vendors. */
const vendors: readonly string[] = ['amd', 'apple', 'arm', 'fujitsu', 'hygon', 'ibm', 'intel', 'nvidia'];

/**
 * Reads an artifact's file name, which comes from code of a pull request. Source of the format: the naming rule of
 * EESSI's build scripts,
 * `eessi-<version>-<type>-<os>-<arch with dashes>[-accel-<accelerator>][-<dev project>]-<epoch>.tar.{zst,gz}`.
 * What is not allowed explicitly is a problem, told in one sentence.
 */
export function parseArtifactName(file: string): ArtifactName | { problem: string } {
  if (file.length > 255) return { problem: 'An artifact name may have at most 255 bytes.' };
  const shape = /^eessi-([0-9A-Za-z._+-]+)-(\d{10,11})\.tar\.(zst|gz)$/.exec(file);
  if (shape?.[1] === undefined || shape[2] === undefined) {
    return {
      problem: 'An artifact name looks like `eessi-<version>-<type>-…-<epoch>.tar.zst` or `.tar.gz`.',
    };
  }
  const words = shape[1].split('-');
  if (words.includes('')) return { problem: 'An artifact name has no empty parts between its dashes.' };

  const typeAt = words.findIndex((word, index) => index > 0 && types.includes(word));
  if (typeAt < 0) return { problem: 'The name says none of the types software, compat, init and scripts.' };
  const version = words.slice(0, typeAt).join('-');
  if (!/^(\d{4}\.\d{2}|\d{8})(-[0-9A-Za-z._-]+)?$/.test(version)) {
    return { problem: 'The version in the name is neither YYYY.MM nor YYYYMMDD.' };
  }
  const type = words[typeAt] as ArtifactName['type'];
  const rest = words.slice(typeAt + 1);

  const system = takeSystem(type, rest);
  if ('problem' in system) return system;
  const accelerator = type === 'software' ? takeAccelerator(rest) : null;
  if (accelerator !== null && typeof accelerator !== 'string') return accelerator;

  const [project = null, ...more] = rest;
  if (more.length > 0) return { problem: `The name has unknown parts: ${rest.join(', ')}.` };
  if (project !== null && !/^[0-9A-Za-z_][0-9A-Za-z_.]*$/.test(project)) {
    return {
      problem: 'The project in the name has characters other than letters, digits, dots and underscores.',
    };
  }
  const compression = shape[3] === 'zst' ? 'zst' : 'gz';
  return { file, version, type, ...system, accelerator, project, epoch: shape[2], compression };
}

/** Takes `os`, architecture and the rest of the CPU path off the words; a compat layer is for a whole architecture. */
function takeSystem(
  type: ArtifactName['type'],
  rest: string[],
): { os: string; cpu: string } | { problem: string } {
  const os = rest[0];
  if (os !== 'linux' && os !== 'macos') {
    if (type === 'init' || type === 'scripts') return { os: '', cpu: '' };
    return { problem: 'The operating system in the name is neither linux nor macos.' };
  }
  const arch = rest[1];
  if (arch === undefined || !architectures.includes(arch)) {
    return { problem: `The architecture in the name is none of ${architectures.join(', ')}.` };
  }
  if (type !== 'software') {
    rest.splice(0, 2);
    return { os, cpu: arch };
  }
  const parts = rest[2] !== undefined && vendors.includes(rest[2]) ? 2 : 1;
  const cpu = rest.slice(2, 2 + parts);
  if (cpu.length < parts || cpu[0] === 'accel' || cpu.some((part) => !/^[a-z0-9_]+$/.test(part))) {
    return { problem: `The name does not say which CPU below \`${arch}\` the software is for.` };
  }
  rest.splice(0, 2 + parts);
  return { os, cpu: [arch, ...cpu].join('/') };
}

/** Takes `accel-nvidia-cc80` off the words; several are joined by `+` or by a dash, with `accel` again or without. */
function takeAccelerator(rest: string[]): string | null | { problem: string } {
  if (rest[0] !== 'accel') return null;
  const found: string[] = [];
  while (rest.length > 0) {
    const match =
      /^(?:accel-)?((nvidia-cc\d{2,3}[a-z]?|amd-gfx[0-9a-f]{3,5})(?:\+(?:nvidia-cc\d{2,3}[a-z]?|amd-gfx[0-9a-f]{3,5}))*)(?=-|$)/.exec(
        rest.join('-'),
      );
    if (match?.[1] === undefined) break;
    rest.splice(0, match[0].split('-').length);
    found.push(...match[1].split('+').map((one) => one.replace('-', '/')));
  }
  if (found.length === 0)
    return { problem: 'The accelerator in the name is not of the form nvidia-cc80 or amd-gfx90a.' };
  return found.join('+');
}

/** Directories, without a slash at the end, that the content of an artifact of this name belongs in. */
export function promisedPrefixes(name: ArtifactName): string[] {
  if (name.type === 'init' || name.type === 'scripts') return [`${name.version}/${name.type}`];
  const base = `${name.version}/${name.type}/${name.os}/${name.cpu}`;
  if (name.accelerator === null) return [base];
  return name.accelerator.split('+').map((accelerator) => `${base}/accel/${accelerator}`);
}

/** Whether a name is one that a build for this target and stack version may have; a sentence where it is not. */
export function nameMismatch(name: ArtifactName, expect: { target: Target; version: string }): string | null {
  if (name.version !== expect.version && !name.version.startsWith(`${expect.version}-`)) {
    return `The name says version \`${name.version}\`, the build was for \`${expect.version}\`.`;
  }
  if (name.os === '') return null;
  const { os, cpu, accelerator } = expect.target;
  if (name.os !== os) return `The name says \`${name.os}\`, the build was for \`${os}\`.`;
  const wanted = name.type === 'software' ? cpu : cpu.split('/')[0];
  if (name.cpu !== wanted) return `The name says \`${name.cpu}\`, the build was for \`${wanted}\`.`;
  if (name.type === 'software' && sorted(name.accelerator) !== sorted(accelerator)) {
    const said = name.accelerator === null ? 'no accelerator' : `\`${name.accelerator}\``;
    return `The name says ${said}, the build was for ${accelerator === null ? 'none' : `\`${accelerator}\``}.`;
  }
  return null;
}

function sorted(accelerators: string | null): string {
  return (accelerators ?? '').split('+').sort().join('+');
}
