import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogueOf } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { folder, PRIVATE_KEY, SECRETS, SMALL, write } from './folder.ts';

async function load(text: string, env: Record<string, string> = SECRETS) {
  const at = await folder();
  return { at, config: await loadConfig(await write(join(at, 'stratobot.yml'), text), env) };
}

describe('a small configuration', () => {
  test('may say what a job gets of its node', async () => {
    const limits = 'nice: 5\n    ionice: 7\n    memory: 64GiB\n    jobs_dir:';
    const { config } = await load(SMALL.replace('jobs_dir:', limits));
    const expected = { kind: 'process', nice: 5, ionice: 7, memoryBytes: 64 * 2 ** 30 };
    expect(config.pools[0]?.scheduler).toEqual(expected);
  });

  test.each([
    ['speaker: true', 'stratobot / summary'],
    ['speaker: false', 'aws-bot / summary'],
    ['summary_check: EESSI builds', 'EESSI builds'],
  ])('with %s the summary is %s', async (line, name) => {
    const { config } = await load(SMALL.replace('    permissions:', `    ${line}\n    permissions:`));
    expect(config.softwareRepositories[0]?.summaryCheck).toBe(name);
  });

  test('gets every default', async () => {
    const { at, config } = await load(SMALL);
    expect(config).toEqual({
      instance: 'aws-bot',
      server: { host: '127.0.0.1', port: 3000, publicUrl: 'https://bot.example.org' },
      github: {
        appId: 12345,
        apiUrl: 'https://api.github.com',
        gitUrl: 'https://github.com',
        privateKey: PRIVATE_KEY.trim(),
        webhookSecret: SECRETS.STRATOBOT_WEBHOOK_SECRET,
      },
      softwareRepositories: [
        {
          github: 'EESSI/software-layer',
          staging: 'EESSI/staging',
          permissions: {
            build: [
              { logins: [], teams: [], role: 'maintain', everyone: false, denied: [], repositories: null },
            ],
            cancel: [
              { logins: [], teams: [], role: 'maintain', everyone: false, denied: [], repositories: null },
            ],
            priority: [
              {
                logins: [],
                teams: ['EESSI/builders'],
                role: null,
                everyone: false,
                denied: [],
                repositories: null,
              },
            ],
            despite_tests: [
              {
                logins: [],
                teams: ['EESSI/builders'],
                role: null,
                everyone: false,
                denied: [],
                repositories: null,
              },
            ],
            deploy: [
              {
                logins: [],
                teams: ['EESSI/builders'],
                role: null,
                everyone: false,
                denied: [],
                repositories: null,
              },
            ],
            approve: [
              {
                logins: [],
                teams: ['EESSI/ingest'],
                role: null,
                everyone: false,
                denied: [],
                repositories: null,
              },
            ],
          },
          approvals: 1,
          upload: 'all',
          deny: [],
          labels: { building: null, built: null, failed: null },
          deployedLabel: null,
          greeting: false,
          chatter: 'normal',
          speaker: true,
          builtElsewhere: [],
          summaryCheck: 'stratobot / summary',
          rerunChecks: [],
          changes: {
            easystacks: [
              { path: 'easystacks/${repository}/${version}/**', repository: null },
              { path: 'easystacks/**', repository: null },
            ],
            pointOut: ['bot/**', 'init/**', 'scripts/**', '**/*hooks*', '*.sh'],
            farBehind: 50,
          },
        },
      ],
      repositories: [
        { id: 'eessi.io-2025.06-software', name: 'software.eessi.io', version: '2025.06', container: '' },
      ],
      pools: [
        {
          name: 'zen2',
          os: 'linux',
          cpu: 'x86_64/amd/zen2',
          buildsFor: ['x86_64/amd/zen2'],
          accelerators: [],
          repositories: ['eessi.io-2025.06-software'],
          scheduler: { kind: 'process', nice: 0 },
          mostBuilds: null,
          timeLimitSeconds: 86_400,
          retainSeconds: { failed: 2_592_000, others: 604_800 },
          minFreeBytes: 10 * 2 ** 30,
          collect: 'stream',
          jobsDir: '/srv/stratobot/jobs',
          skipTests: false,
          reposCfgDir: null,
          site: {},
          nodes: [{ name: 'here', slots: 1, ssh: null }],
        },
      ],
      exports: [],
      artifacts: {
        kind: 'directory',
        keyPrefix: '${github_repository}/${pull_request_number}/${build_id}',
        root: join(at, 'artifacts'),
        baseUrl: 'https://artifacts.example.org',
      },
      publishers: [
        {
          repository: 'software.eessi.io',
          allowedSigners: null,
          unsigned: 'accept',
          kind: 'directory',
          root: '/srv/www/cvmfs',
        },
      ],
      signingKeyFile: null,
      stratum1: [],
      limits: {
        webhookBytes: 25 * 2 ** 20,
        tarballBytes: 200 * 2 ** 30,
        tarballMembers: 2_000_000,
        logsHereSeconds: 30 * 24 * 3600,
        logBytes: 64 * 2 ** 20,
        commentLength: 65_536,
        commandsPerComment: 20,
        buildsPerRequest: 200,
        buildsPerPullRequest: null,
        buildsPerPerson: 400,
        keepWebhooksSeconds: 2592000,
      },
      storage: { databaseUrl: null, redisUrl: null, dataDir: join(process.cwd(), 'data') },
    });
    expect(catalogueOf(config).pools).toHaveLength(1);
  });

  test('takes times and sizes with their units', async () => {
    const text = `${SMALL.replace('arch:', 'time_limit: 90m\n    arch:')}limits: { log_bytes: 8 MiB }\n`;
    const { config } = await load(text);
    expect(config.pools[0]?.timeLimitSeconds).toBe(5400);
    expect(config.limits.logBytes).toBe(8_388_608);
  });

  test('compares logins in lower case, as GitHub does', async () => {
    const { config } = await load(SMALL.replace("{ teams: ['EESSI/builders'] }", '{ logins: [Maria] }'));
    expect(config.softwareRepositories[0]?.permissions.deploy[0]?.logins).toEqual(['maria']);
  });
});

describe('a bucket', () => {
  const keys = { STRATOBOT_S3_ACCESS_KEY_ID: 'id', STRATOBOT_S3_SECRET_ACCESS_KEY: 'key' };
  const withS3 = (s3: string) => SMALL.replace(/ {2}directory: \{ root: \.\/artifacts.*\n/, `  s3: ${s3}\n`);

  test.each([
    ['{ bucket: b, region: eu-west-1 }', 'https://b.s3.eu-west-1.amazonaws.com'],
    ['{ bucket: b, endpoint: "https://s3.example.org/", path_style: true }', 'https://s3.example.org/b'],
    ['{ bucket: b, endpoint: "http://localhost:9000", path_style: false }', 'http://b.localhost:9000'],
    ['{ bucket: b, public_url: "https://files.example.org/" }', 'https://files.example.org'],
  ])('%s is read at %s', async (s3, publicUrl) => {
    const { config } = await load(withS3(s3), { ...SECRETS, ...keys });
    expect(config.artifacts).toMatchObject({
      kind: 's3',
      publicUrl,
      accessKeyId: 'id',
      secretAccessKey: 'key',
    });
  });
});

describe('secrets', () => {
  test('come from files that the environment names', async () => {
    const at = await folder();
    const env = {
      STRATOBOT_WEBHOOK_SECRET_FILE: await write(join(at, 'webhook'), 'from a file, long enough\n'),
      STRATOBOT_PRIVATE_KEY_FILE: await write(join(at, 'key.pem'), PRIVATE_KEY, 0o640),
      DATABASE_URL_FILE: await write(join(at, 'database'), 'postgres://u:p@db/stratobot\n', 0o400),
      STRATOBOT_DATA: at,
    };
    const { config } = await load(SMALL, env);
    expect(config.github.webhookSecret).toBe('from a file, long enough');
    expect(config.storage).toEqual({
      databaseUrl: 'postgres://u:p@db/stratobot',
      redisUrl: null,
      dataDir: at,
    });
  });

  test('a key in one line, with \\n for its line ends, is unfolded', async () => {
    const env = { ...SECRETS, STRATOBOT_PRIVATE_KEY: PRIVATE_KEY.trim().replaceAll('\n', '\\n') };
    expect((await load(SMALL, env)).config.github.privateKey).toBe(PRIVATE_KEY.trim());
  });
});
