/** What `stratobot inspect` prints: facts first, the verdict last, where the eye is when it ends. */
import type { styleText } from 'node:util';
import type { ArtifactName, TarballOverview } from '../domain/artifact.ts';
import { promisedPrefixes } from '../domain/artifact-name.ts';
import { showName } from '../domain/tarball-policy.ts';
import { count, size } from '../messages/markdown.ts';
import type { Examined } from '../tarball/examine.ts';

export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Names of a list that are printed; a rebuild of a whole stack has some 1,500, and --json has them all. */
const LISTED = 40;

/** Names come from the tarball: each is shown without what could move the cursor. */
export function report(name: ArtifactName, examined: Examined, paint: Paint): string {
  const { overview } = examined;
  return [
    paint('bold', name.file),
    paint('gray', about(name)),
    '',
    `size      ${size(examined.bytes)}, unpacked ${size(overview.contentBytes)}`,
    `sha256    ${examined.sha256}`,
    `content   ${[
      count(overview.files, 'file'),
      count(overview.directories, 'directory', 'directories'),
      count(overview.links, 'link'),
    ].join(', ')}`,
    '',
    ...names('modules', overview.modules, paint),
    ...names('software', overview.software, paint),
    ...largest(overview, paint),
    ...outside(name, overview, paint),
    ...verdict(examined, paint),
    '',
  ].join('\n');
}

function about({ type, version, os, cpu, accelerator, project }: ArtifactName): string {
  const system = os === '' ? 'any system' : [`${os}/${cpu}`, accelerator].filter(Boolean).join(' with ');
  return `${type} of ${version} for ${system}${project === null ? '' : `, project ${project}`}`;
}

function names(title: string, all: readonly string[], paint: Paint): string[] {
  const more = all.length - LISTED;
  return [
    `${paint('cyan', title)} (${all.length.toLocaleString('en-US')})`,
    ...all.slice(0, LISTED).map((one) => `  ${showName(one)}`),
    ...(more > 0 ? [paint('gray', `  … and ${count(more, 'other')}; --json has them all`)] : []),
    '',
  ];
}

function largest(overview: TarballOverview, paint: Paint): string[] {
  if (overview.largest.length === 0) return [];
  const lines = overview.largest.map(({ path, bytes }) => `  ${size(bytes).padStart(8)}  ${showName(path)}`);
  return [paint('cyan', 'largest files'), ...lines, ''];
}

function outside(name: ArtifactName, { outside: { count: many, first } }: TarballOverview, paint: Paint) {
  const prefixes = promisedPrefixes(name).join(' and ');
  if (many === 0) return [`nothing outside ${prefixes}`, ''];
  const more = many - first.length;
  return [
    `${paint('yellow', `${count(many, 'member')} outside`)} ${prefixes}`,
    ...first.map((path) => `  ${showName(path)}`),
    ...(more > 0 ? [paint('gray', `  … and ${count(more, 'other')}`)] : []),
    '',
  ];
}

function verdict({ violations }: Examined, paint: Paint): string[] {
  if (violations.length === 0) return [`${paint(['bold', 'green'], '✓ accepted')}: it breaks no rule`];
  const width = Math.max(...violations.map(({ rule }) => rule.length));
  return [
    `${paint(['bold', 'red'], '✗ refused')}: nothing of it would be stored or published`,
    ...violations.map(({ rule, sentence }) => `  ${paint('red', rule.padEnd(width))}  ${sentence}`),
  ];
}
