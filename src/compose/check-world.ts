import { spaceOf } from '../builders/housekeeping.ts';
import { type Check, check } from '../commands/check.ts';
import type { Config } from '../config/config.ts';
import { createGitHub } from '../github/github.ts';
import { size } from '../messages/markdown.ts';
import type { Log } from '../ports.ts';
import { lookAt } from '../store/existing.ts';
import { tooNew } from '../store/migrations.ts';
import { artifactStore, transportTo } from './adapters.ts';
import { checkPublishers, checkSigning } from './check-publishing.ts';
import { silentLog, withDatabase } from './with-database.ts';

const CHECK_TIMEOUT_MS = 15_000;
/** What the job's runner and the collection use on a node. */
const NODE_TOOLS = ['bash', 'tar', 'setsid', 'pgrep', 'base64'];
/** What a node needs besides to upload artifacts itself. */
const UPLOAD_TOOLS = ['curl', 'sha256sum', 'dd'];

const ROOM_REMEDY =
  'make room there, shorten `retain` and `retain_failed` of the pool, or lower its `min_free`';

/** What `stratobot doctor` looks at: each node, the database, the artifact store, GitHub. */
export async function* checkWorld(config: Config, log: Log = silentLog): AsyncIterable<Check> {
  for (const pool of config.pools) {
    for (const node of pool.nodes) {
      const tools = pool.collect === 'presigned' ? [...NODE_TOOLS, ...UPLOAD_TOOLS] : NODE_TOOLS;
      const remedy = `it must be reachable, and have ${tools.join(', ')}`;
      yield check(`node ${pool.name}/${node.name}`, remedy, async () => {
        const transport = await transportTo(node.ssh, log);
        const script =
          'for tool; do command -v "$tool" >/dev/null || { echo "$tool is missing"; exit 1; }; done; uname -sm';
        try {
          const { code, stdout } = await transport.exec(['sh', '-c', script, 'sh', ...tools], {
            timeoutMs: CHECK_TIMEOUT_MS,
          });
          if (code !== 0) throw new Error(stdout.toString().trim());
          return stdout.toString().trim();
        } finally {
          await transport.close();
        }
      });
      yield check(`room on ${pool.name}/${node.name}`, ROOM_REMEDY, async () => {
        const transport = await transportTo(node.ssh, log);
        try {
          const { freeBytes, totalBytes } = await spaceOf(transport, node.name, pool.jobsDir);
          const room = `${size(freeBytes)} of ${size(totalBytes)} are free for ${pool.jobsDir}`;
          if (freeBytes < pool.minFreeBytes)
            throw new Error(`${room}, less than ${size(pool.minFreeBytes)} (\`min_free\`)`);
          return room;
        } finally {
          await transport.close();
        }
      });
    }
  }
  yield check('database', 'see DATABASE_URL; without it the data folder must be writable', async () => {
    const state = await withDatabase(config, (databaseUrl) =>
      lookAt(databaseUrl, async (_, schema) => schema),
    );
    if (state.unknown.length > 0) throw tooNew(state);
    const where = config.storage.databaseUrl === null ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL';
    if (state.pending.length === 0) return where;
    const next = state.applied.length === 0 ? 'makes its tables' : 'brings its tables up to date';
    return `${where}; the next start ${next}`;
  });
  yield check('artifact store', 'see `artifacts` in the configuration and its secrets', async () => {
    await artifactStore(config, log).open('stratobot-doctor/nothing');
    return config.artifacts.kind === 's3' ? `bucket ${config.artifacts.bucket}` : config.artifacts.root;
  });
  yield* checkSigning(config);
  yield* checkPublishers(config, log);
  for (const { github, staging } of config.softwareRepositories) {
    for (const repo of [github, staging]) {
      yield check(
        `GitHub ${repo}`,
        'GitHub must be reachable, and the App (github.app_id, STRATOBOT_PRIVATE_KEY) installed there',
        async () => {
          await createGitHub({ ...config.github, log }).gitAccess(repo);
          return 'the App is installed';
        },
      );
    }
  }
}
