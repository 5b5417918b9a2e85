import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import type { Deploy, DeployItem } from '../../src/domain/deploy.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { createSpool } from '../../src/ingest/spool.ts';
import type { ArtifactStore, Spool } from '../../src/ports.ts';
import { silent } from '../harness/log.ts';
import { compress, type MemberSpec, sha256, softwareMembers, tar } from '../harness/tarballs.ts';

const zen2 = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz';
const gpu = 'eessi-2023.06-software-linux-x86_64-amd-zen3-accel-nvidia-cc80+nvidia-cc90-17774641620.tar.zst';
const prefixOf = {
  [zen2]: '2023.06/software/linux/x86_64/amd/zen2',
  [gpu]: '2023.06/software/linux/x86_64/amd/zen3',
};

let folder: string;
let store: ArtifactStore;
let spool: Spool;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-spool-'));
  store = directoryStore({ root: join(folder, 'store'), baseUrl: 'https://artifacts.example' });
  spool = spoolOf(store);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function spoolOf(from: ArtifactStore, limits = defaultLimits): Spool {
  return createSpool({ dir: join(folder, 'spool'), store: from, limits, log: silent });
}

/** Puts an artifact into the store and gives the item that was approved for it. */
async function approved(name: string, target: string, more: MemberSpec[] = []): Promise<DeployItem> {
  const prefix = Object.entries(prefixOf).find(([one]) => one === name)?.[1];
  const bytes = compress(tar([...softwareMembers(prefix), ...more]), name.endsWith('gz') ? 'gz' : 'zst');
  const key = `pr/7/${name}`;
  await store.put(key, Readable.from([bytes]), { contentType: 'x', metadata: {} });
  const [sha, size] = [sha256(bytes), bytes.length];
  return { artifactId: 1, name, sha256: sha, bytes: size, key, target, repository: 'software.eessi.io' };
}

function deployOf(...artifacts: DeployItem[]): Deploy {
  return {
    id: 12,
    repo: 'EESSI/software-layer',
    pullRequest: 7,
    headSha: 'c0ffee',
    author: 'ada',
    requestedBy: 'bob',
    earlierAskers: [],
    differences: null,
    source: 'comment:1',
    digest: 'd1',
    artifacts,
    rebuild: false,
    despiteTests: null,
    staging: 'EESSI/staging',
    state: { kind: 'preparing', since: 0 },
    createdAt: 0,
  };
}

const spooled = async (): Promise<string[]> => (await readdir(join(folder, 'spool', 'deploy-12'))).sort();

describe('Spool', () => {
  it('brings every artifact here, byte for byte', async () => {
    const items = [
      await approved(zen2, 'x86_64/amd/zen2'),
      await approved(gpu, 'x86_64/amd/zen3+nvidia/cc90+nvidia/cc80'),
    ];
    const result = await spool.fetch(deployOf(...items));
    if (result.kind !== 'spooled') throw new Error(JSON.stringify(result));
    expect(result.files.map(({ name }) => name)).toEqual([zen2, gpu]);
    for (const file of result.files) expect(sha256(await readFile(file.path))).toBe(file.sha256);
    expect(await spooled()).toEqual([zen2, gpu].sort());

    await spool.clear(12);
    await spool.clear(12);
    expect(await readdir(join(folder, 'spool'))).toEqual([]);
  });

  it('keeps a good file that is here already, and does not trust a bad one', async () => {
    const item = await approved(zen2, 'x86_64/amd/zen2');
    const path = join(folder, 'spool', 'deploy-12', zen2);
    await spool.fetch(deployOf(item));
    const { ino } = await stat(path);
    const offline: ArtifactStore = {
      ...store,
      open: async () => {
        throw new Retryable('S3 is down');
      },
    };
    expect((await spoolOf(offline).fetch(deployOf(item))).kind).toBe('spooled');
    expect((await stat(path)).ino).toBe(ino);

    const changed = await readFile(path);
    changed.writeUInt8(changed.readUInt8(50) ^ 1, 50);
    await writeFile(path, changed);
    await expect(spoolOf(offline).fetch(deployOf(item))).rejects.toThrow('S3 is down');
    expect((await spool.fetch(deployOf(item))).kind).toBe('spooled');
    expect(sha256(await readFile(path))).toBe(item.sha256);
  });

  it.each<[string, (item: DeployItem) => Promise<DeployItem>, string]>([
    [
      'other bytes of the same size',
      async (item) => {
        const bytes = Buffer.alloc(item.bytes, 'x');
        await store.put(item.key, Readable.from([bytes]), { contentType: 'x', metadata: {} });
        return item;
      },
      `is not what was approved`,
    ],
    ['fewer bytes', async (item) => ({ ...item, bytes: item.bytes + 1 }), 'is not what was approved'],
    ['more bytes', async (item) => ({ ...item, bytes: item.bytes - 1 }), 'the store gave more bytes'],
    ['another digest', async (item) => ({ ...item, sha256: sha256('other') }), 'is not what was approved'],
    [
      'nothing',
      async (item) => {
        await store.delete(item.key);
        return item;
      },
      'no longer in the artifact store',
    ],
    [
      'another target',
      async (item) => ({ ...item, target: 'x86_64/amd/zen4' }),
      'the deploy says `x86_64/amd/zen4`',
    ],
    [
      'an accelerator',
      async (item) => ({ ...item, target: 'x86_64/amd/zen2+nvidia/cc80' }),
      'the deploy says',
    ],
    ['a path for a name', async (item) => ({ ...item, name: `../${zen2}` }), 'looks like'],
  ])('refuses %s with a sentence that names the artifact, and keeps nothing', async (_what, change, text) => {
    const item = await change(await approved(zen2, 'x86_64/amd/zen2'));
    const result = await spool.fetch(deployOf(item));
    if (result.kind !== 'refused') throw new Error('it was accepted');
    expect(result.violations).toHaveLength(1);
    expect(result.violations[0]?.sentence).toContain(`\`${item.name}\`: `);
    expect(result.violations[0]?.sentence).toContain(text);
    expect(await spooled()).toEqual([]);
  });

  it('refuses two artifacts of one name', async () => {
    const item = await approved(zen2, 'x86_64/amd/zen2');
    const result = await spool.fetch(deployOf(item, { ...item, repository: 'dev.eessi.io' }));
    expect(result).toMatchObject({ kind: 'refused', violations: [{ rule: 'misnamed' }] });
  });

  it('judges the content again, so that a tarball that slipped in is not published', async () => {
    const item = await approved(zen2, 'x86_64/amd/zen2', [{ path: '/etc/passwd', content: 'x' }]);
    const result = await spool.fetch(deployOf(item));
    expect(result).toMatchObject({
      kind: 'refused',
      violations: [{ rule: 'absolute', sentence: `\`${zen2}\`: \`/etc/passwd\` is an absolute path.` }],
    });
    expect(await spooled()).toEqual([]);
  });

  it('takes the digest of all bytes, also where it had enough of the listing', async () => {
    const large = { path: '2023.06/init/large', content: randomBytes(500_000) };
    const item = await approved(zen2, 'x86_64/amd/zen2', [large]);
    const result = await spoolOf(store, { ...defaultLimits, members: 2 }).fetch(deployOf(item));
    expect(result).toMatchObject({ kind: 'refused', violations: [{ rule: 'too-many' }] });
  });

  it('does not fill the disk with an object that has no end', async () => {
    const item = await approved(zen2, 'x86_64/amd/zen2');
    const endless = new Readable({
      read(size) {
        this.push(Buffer.alloc(size));
      },
    });
    const result = await spoolOf({ ...store, open: async () => endless }).fetch(deployOf(item));
    expect(result).toMatchObject({ kind: 'refused', violations: [{ rule: 'digest' }] });
    expect(endless.destroyed).toBe(true);
  });

  it.each([
    [new Error('ECONNRESET'), Retryable],
    [new Retryable('SlowDown'), Retryable],
    [new Permanent('AccessDenied'), Permanent],
  ])('takes %s while reading for a matter of the store', async (error, kind) => {
    const item = await approved(zen2, 'x86_64/amd/zen2');
    const failing: ArtifactStore = {
      ...store,
      async open(key) {
        const content = await store.open(key);
        return Readable.from(
          (async function* () {
            for await (const chunk of content ?? []) yield chunk.subarray(0, 100);
            throw error;
          })(),
        );
      },
    };
    await expect(spoolOf(failing).fetch(deployOf(item))).rejects.toThrow(kind);
    expect(await spooled()).toEqual([]);
    expect((await spool.fetch(deployOf(item))).kind).toBe('spooled');
  });

  it('overwrites what a dead process left half done', async () => {
    const item = await approved(zen2, 'x86_64/amd/zen2');
    await spool.fetch(deployOf(item));
    await rm(join(folder, 'spool', 'deploy-12', zen2));
    await writeFile(join(folder, 'spool', 'deploy-12', '.part'), Buffer.alloc(100_000, 'left'));
    expect((await spool.fetch(deployOf(item))).kind).toBe('spooled');
    expect(sha256(await readFile(join(folder, 'spool', 'deploy-12', zen2)))).toBe(item.sha256);
    expect(await spooled()).toEqual([zen2]);
  });
});
