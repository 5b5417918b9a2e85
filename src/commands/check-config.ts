/** What a configuration comes to, on one screen: defaults filled in, secrets left out. */
import type { Config, PermissionRule, Pool, SshSettings } from '../config/config.ts';

export function summary(config: Config): string {
  return `${[
    `instance ${config.instance} at ${config.server.publicUrl} (listens on ${config.server.host}:${config.server.port})`,
    `GitHub App ${config.github.appId} on ${config.github.apiUrl}`,
    ...config.softwareRepositories.flatMap((repository) => [
      '',
      `${repository.github}, deploys approved in ${repository.staging}`,
      ...Object.entries(repository.permissions).flatMap(([action, rules]) =>
        rules.map((rule) => `  ${action.padEnd(13)} ${who(rule)}`),
      ),
      ...(repository.deny.length === 0 ? [] : [`  never    ${repository.deny.join(', ')}`]),
    ]),
    '',
    'builds for',
    ...config.repositories.map(({ id, name, version }) => `  ${id}  (${name} ${version})`),
    ...config.pools.flatMap((pool) => ['', ...poolLines(pool)]),
    '',
    `artifacts   ${artifacts(config)}`,
    ...config.publishers.map(publisher),
    `database    ${config.storage.databaseUrl === null ? `embedded, in ${config.storage.dataDir}` : 'DATABASE_URL'}`,
    `queue       ${config.storage.redisUrl === null ? 'in the database' : 'REDIS_URL'}`,
    '',
    'The configuration is complete.',
  ].join('\n')}\n`;
}

function who(rule: PermissionRule): string {
  const where = rule.repositories === null ? '' : ` for ${rule.repositories.join(', ')}`;
  const not = rule.denied.length === 0 ? '' : `, never ${rule.denied.join(', ')}`;
  if (rule.everyone) return `everyone${where}${not}`;
  const role = rule.role === null ? [] : [`role ${rule.role} or higher`];
  const people = [
    ...rule.teams.map((team) => `@${team}`),
    ...rule.logins.map((login) => `@${login}`),
    ...role,
  ];
  return `${people.join(', ') || 'nobody'}${where}${not}`;
}

function poolLines(pool: Pool): string[] {
  const slots = Math.min(
    pool.nodes.reduce((sum, node) => sum + node.slots, 0),
    pool.mostBuilds ?? Number.POSITIVE_INFINITY,
  );
  return [
    `pool ${pool.name}: ${[pool.cpu, ...pool.accelerators].join(' + ')}, ${slots} ${slots === 1 ? 'job' : 'jobs'} at once, ${hours(pool.timeLimitSeconds)} each`,
    `  builds for  ${pool.buildsFor.join(', ')}`,
    `  keeps jobs  ${hours(pool.retainSeconds.others)}, failed ones ${hours(pool.retainSeconds.failed)}`,
    `  in          ${pool.repositories.join(', ')}`,
    ...pool.nodes.map((node) => {
      return `  node        ${node.name} (${place(node.ssh)})`;
    }),
  ];
}

function place(ssh: SshSettings | null): string {
  return ssh === null ? 'this machine' : `${ssh.user}@${ssh.host}:${ssh.port}`;
}

function publisher(settings: Config['publishers'][number]): string {
  const where =
    settings.kind === 'directory'
      ? settings.root
      : `CernVM-FS, ${settings.cvmfsServer} on ${place(settings.ssh)}, served at ${settings.stratum0Url}`;
  return `publishes   ${settings.repository} to ${where}`;
}

function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${seconds} s`;
  if (seconds >= 48 * 3600 && seconds % (24 * 3600) === 0) return `${seconds / (24 * 3600)} days`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

function artifacts({ artifacts }: Config): string {
  const place =
    artifacts.kind === 's3'
      ? `bucket ${artifacts.bucket}, read at ${artifacts.publicUrl}`
      : `${artifacts.root}, read at ${artifacts.baseUrl}`;
  return `${place}, keys ${artifacts.keyPrefix}/…`;
}
