import { Permanent } from '../domain/errors.ts';
import type { RepositoryTarget, Target } from '../domain/target.ts';
import { quote } from '../transport/quote.ts';
import type { SmallFile } from './small-tar.ts';

/** What a site says about its nodes, for `[site_config]` in job.cfg; those that are set are written. */
export interface SiteConfig {
  build_logs_dir?: string;
  container_cachedir?: string;
  http_proxy?: string;
  https_proxy?: string;
  load_modules?: string;
  local_tmp?: string;
  shared_fs_path?: string;
  site_config_script?: string;
}

/** What the files of a job are made of. */
export interface JobContent {
  /** Pool name, `node_type` in job.cfg. */
  pool: string;
  site: SiteConfig;
  repository: RepositoryTarget;
  target: Target;
  exports: Readonly<Record<string, string>>;
  pull: { repo: string; number: number; commentId: number | null };
  /** Absolute path of the working directory on the node. */
  work: string;
  /** `repos.cfg` and the bundles it names; empty where the site has none. */
  repos: readonly SmallFile[];
}

/**
 * The files that the bot adds to a job's working directory (wire format: "The job on a build node"): `metadata`, which
 * becomes `_bot_job<JOBID>.metadata`, and the folder `cfg`.
 * @throws Permanent when a value cannot be written in these formats
 */
export function jobFiles(job: JobContent): SmallFile[] {
  return [
    { path: 'metadata', content: metadata(job) },
    ...job.repos.map(({ path, content }) => ({ path: `cfg/${path}`, content })),
    { path: 'cfg/job.cfg', content: jobConfig(job) },
    { path: 'cfg/export_vars.sh', content: exportVars(job.exports) },
  ];
}

function jobConfig({ pool, site, repository, target, work }: JobContent): string {
  return ini({
    site_config: { ...site },
    repository: {
      repos_cfg_dir: `${work}/cfg`,
      repo_id: repository.id,
      container: repository.container,
      repo_name: repository.name,
      repo_version: repository.version,
    },
    architecture: {
      node_type: pool,
      software_subdir: target.cpu,
      os_type: target.os,
      accelerator: target.accelerator ?? '',
    },
  });
}

function metadata({ pull }: JobContent): string {
  return ini({
    PR: {
      repo: pull.repo,
      pr_number: String(pull.number),
      pr_comment_id: pull.commentId === null ? '' : String(pull.commentId),
    },
  });
}

function exportVars(exports: Readonly<Record<string, string>>): string {
  const lines = Object.entries(exports).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Permanent(`${name} is no name for a variable`);
    return `export ${name}=${quote([value])}\n`;
  });
  return lines.join('');
}

function ini(sections: Record<string, Record<string, string | undefined>>): string {
  return Object.entries(sections)
    .map(([section, values]) => {
      const lines = Object.entries(values).map(([key, value]) => {
        if (value === undefined) return '';
        if (/[\r\n\0]/.test(value)) throw new Permanent(`the value of ${key} has a line break`);
        return `${key} = ${value}\n`;
      });
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

/** Name of a build's directory on a node, and the mark its processes carry: found again after a restart. */
export function jobName(instance: string, buildId: number): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(instance))
    throw new Permanent(`${instance} is no name for an instance`);
  if (!Number.isSafeInteger(buildId) || buildId < 0) throw new Permanent(`${buildId} is no build id`);
  return `${instance}-b${buildId}`;
}
