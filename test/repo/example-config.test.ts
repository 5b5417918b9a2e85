import { generateKeyPairSync } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

const repository = join(import.meta.dirname, '../..');
let at: string;
let env: Record<string, string>;

/** What a reader of the example does first: copy it, and make the secrets it speaks of. */
beforeAll(async () => {
  at = await mkdtemp(join(tmpdir(), 'stratobot-example-'));
  await copyFile(join(repository, 'stratobot.example.yml'), join(at, 'stratobot.yml'));
  await mkdir(join(at, 'keys'));
  await mkdir(join(at, 'repos'));
  await writeFile(join(at, 'keys/allowed_signers'), 'aws-bot namespaces="aws-bot" ssh-ed25519 AAAA\n');
  const secret = async (name: string, content: string) => {
    await writeFile(join(at, name), content);
    await chmod(join(at, name), 0o600);
    return join(at, name);
  };
  await secret('keys/id_ed25519', 'a key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  env = {
    STRATOBOT_WEBHOOK_SECRET_FILE: await secret('webhook', 'a webhook secret of good length'),
    STRATOBOT_PRIVATE_KEY_FILE: await secret(
      'app.pem',
      privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    ),
    STRATOBOT_S3_ACCESS_KEY_ID: 'id',
    STRATOBOT_S3_SECRET_ACCESS_KEY: 'key',
    STRATOBOT_DATA: at,
  };
});
afterAll(() => rm(at, { recursive: true }));

test('the example loads as it stands', async () => {
  const config = await loadConfig(join(at, 'stratobot.yml'), env);
  expect(config.pools.map((pool) => pool.name)).toEqual(['zen2', 'zen3-gpu']);
  expect(config.artifacts.kind).toBe('s3');
});

/** Lines of the form `# key: value` are offers to take. */
test('the example still loads with every offer in it taken', async () => {
  const text = await readFile(join(at, 'stratobot.yml'), 'utf8');
  const offers =
    /^( *)# ((?:api_url|git_url|repos_cfg_dir|http_proxy|https_proxy|load_modules|site_config_script): )/gm;
  expect(text.match(offers)).toHaveLength(7);
  await writeFile(join(at, 'all.yml'), text.replace(offers, '$1$2'));
  const config = await loadConfig(join(at, 'all.yml'), env);
  expect(config.github.apiUrl).toBe('https://github.example.org/api/v3');
  expect(Object.keys(config.pools[0]?.site ?? {})).toHaveLength(8);
  expect(config.pools[0]?.reposCfgDir).toBe(join(at, 'repos'));
});

test('every key of the file is in the example and in the manual', async () => {
  const { configFile } = await import('../../src/config/schema.ts');
  const { z } = await import('zod');
  const schema = z.toJSONSchema(configFile, { io: 'input', unrepresentable: 'any' });
  const keys = new Set<string>();
  const collect = (part: unknown) => {
    if (typeof part !== 'object' || part === null) return;
    if ('properties' in part) for (const key of Object.keys(part.properties as object)) keys.add(key);
    for (const value of Object.values(part)) collect(value);
  };
  collect(schema);
  expect(keys.size).toBeGreaterThan(50);
  const example = await readFile(join(repository, 'stratobot.example.yml'), 'utf8');
  const manual = await readFile(join(repository, 'docs/manual/configuration.md'), 'utf8');
  expect([...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(example))).toEqual([]);
  expect([...keys].filter((key) => !manual.includes(`\`${key}\``))).toEqual([]);
});
