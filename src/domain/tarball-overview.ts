import type { ArtifactName, TarballOverview, TarMember } from './artifact.ts';
import { promisedPrefixes } from './artifact-name.ts';

/** Names kept per list; a rebuild of a whole stack has some 1,500. */
const keptNames = 5_000;
const keptOutside = 20;
const keptLargest = 5;

/** Accumulates the overview of a tarball, member by member, in bounded memory. */
export function tarballOverview(name: ArtifactName): {
  member(m: TarMember): void;
  result(): TarballOverview;
} {
  const prefixes = promisedPrefixes(name).map((prefix) => `${prefix}/`);
  const system = `software/${name.os}/${name.cpu}/`;
  const modules = new Set<string>();
  const software = new Set<string>();
  const reprod = new Set<string>();
  const outside = { count: 0, first: [] as string[] };
  const largest: { path: string; bytes: number }[] = [];
  const counts = { files: 0, directories: 0, links: 0, contentBytes: 0 };

  const keep = (names: Set<string>, found: string | null): void => {
    if (found !== null && names.size < keptNames) names.add(found);
  };

  return {
    member({ path, type, bytes }) {
      if (type === 'directory') counts.directories++;
      else if (type === 'file') counts.files++;
      else if (type === 'symlink' || type === 'hardlink') counts.links++;
      counts.contentBytes += bytes;

      if (type !== 'directory' && !prefixes.some((prefix) => path.startsWith(prefix))) {
        outside.count++;
        if (outside.first.length < keptOutside) outside.first.push(path);
      }
      if (type === 'file' && (largest.length < keptLargest || bytes > (largest.at(-1)?.bytes ?? 0))) {
        largest.push({ path, bytes });
        largest.sort((a, b) => b.bytes - a.bytes);
        largest.length = Math.min(largest.length, keptLargest);
      }
      const parts = insideInstallation(path, system);
      if (parts === null) return;
      const [kind, first, second, third] = parts;
      if (kind === 'modules' && first === 'all' && type !== 'directory')
        keep(modules, moduleName(second, third));
      if (parts.length < (type === 'directory' ? 3 : 4)) return;
      if (kind === 'software') keep(software, `${first}/${second}`);
      if (kind === 'reprod') keep(reprod, `${first}/${second}`);
    },
    result: () => ({
      ...counts,
      modules: [...modules].sort(),
      software: [...software].sort(),
      reprod: [...reprod].sort(),
      outside: { count: outside.count, first: [...outside.first] },
      largest: largest.map((one) => ({ ...one })),
    }),
  };
}

function moduleName(name: string | undefined, file: string | undefined): string | null {
  return name !== undefined && file?.endsWith('.lua') ? `${name}/${file.slice(0, -4)}` : null;
}

/** Parts of a path below the installation directory of a CPU, or of an accelerator in it; null for other paths. */
function insideInstallation(path: string, system: string): string[] | null {
  const root = path.indexOf('/') + 1;
  if (!path.startsWith(system, root)) return null;
  const parts = path.slice(root + system.length).split('/');
  if (parts.at(-1) === '') parts.pop();
  return parts[0] === 'accel' ? parts.slice(3) : parts;
}
