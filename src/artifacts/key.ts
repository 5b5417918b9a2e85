import type { ArtifactName } from '../domain/artifact.ts';
import { Permanent } from '../domain/errors.ts';

/** Throws Permanent for a key that could mean another place than it says, on disk or in a bucket. */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const strange = parts.some((part) => part === '' || part === '.' || part === '..');
  if (strange || key.length > 1000 || /[\u0000-\u001f\u007f\\]/.test(key)) {
    throw new Permanent(`${JSON.stringify(key.slice(0, 120))} is not a key for an artifact.`);
  }
  return key;
}

/**
 * Key of an artifact: the site's prefix with its variables filled in, and the file name. Variables:
 * `${github_repository}`, `${pull_request_number}`, `${build_id}` and `${legacy_aws_path}`, which is the name without
 * `eessi` and its ending, dashes turned into slashes. Throws Permanent for a prefix that makes no valid key.
 */
export function keyFor(
  template: string,
  values: { repo: string; pullRequest: number; buildId: number; name: Pick<ArtifactName, 'file'> },
): string {
  const { file } = values.name;
  const variables: Record<string, string> = {
    github_repository: values.repo,
    pull_request_number: String(values.pullRequest),
    build_id: String(values.buildId),
    legacy_aws_path: file
      .replace(/^eessi-/, '')
      .replace(/\.tar\.[a-z]+$/, '')
      .replaceAll('-', '/'),
  };
  const prefix = template.replace(/\$\{([a-z_]+)\}/g, (whole, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Permanent(`The artifact prefix has the unknown variable ${whole}.`);
    return value;
  });
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return checkKey(trimmed === '' ? file : `${trimmed}/${file}`);
}

/** The part of a prefix that all keys made of it begin with. */
export function fixedPrefix(template: string): string {
  const fixed = template.replace(/^\/+/, '').split('${')[0] ?? '';
  return fixed === template ? `${fixed.replace(/\/+$/, '')}/` : fixed;
}

/** Key of a build's log: beside its artifacts, unless their place depends on their name. */
export function logKeyFor(
  template: string,
  values: { repo: string; pullRequest: number; buildId: number },
): string {
  const name = { file: `build-${values.buildId}.log.gz` };
  return keyFor(template.replaceAll('${legacy_aws_path}', 'logs'), { ...values, name });
}

/** The address of a key below a base, each part escaped. */
export function keyUrl(base: string, key: string): string {
  const path = checkKey(key).split('/').map(encodeURIComponent).join('/');
  return `${base.replace(/\/+$/, '')}/${path}`;
}
