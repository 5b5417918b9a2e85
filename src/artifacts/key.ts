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
  values: { repo: string; pullRequest: number; buildId: number; name: ArtifactName },
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

/** The address of a key below a base, each part escaped. */
export function keyUrl(base: string, key: string): string {
  const path = checkKey(key).split('/').map(encodeURIComponent).join('/');
  return `${base.replace(/\/+$/, '')}/${path}`;
}
