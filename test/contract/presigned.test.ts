import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCollector } from '../../src/artifacts/collector.ts';
import { directUploads } from '../../src/artifacts/direct-uploads.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import { measureArtifact, uploadArtifact } from '../../src/builders/collection.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { ArtifactStore, DirectUploads, Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { expectZen2, nameOf, noise, rulesOf } from '../harness/collecting.ts';
import { silent } from '../harness/log.ts';
import { type S3Server, startS3 } from '../harness/s3.ts';
import { compress, sha256, softwareMembers, tar } from '../harness/tarballs.ts';

/** The least S3 takes for a part that is not the last one. */
const partBytes = 5 * 2 ** 20;
const name = nameOf('gz');
const key = 'pr/7/a.tar.gz';
const unjudged = `${key}.unjudged`;

let server: S3Server;
let store: ArtifactStore;
let direct: DirectUploads;
let work: string;
let node: Transport;

beforeAll(async () => {
  server = await startS3();
  const plain = s3Store({ ...server, forcePathStyle: true, log: silent });
  const client = new S3Client({
    ...server,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  direct = directUploads(client, { bucket: server.bucket, base: `${server.endpoint}/artifacts`, partBytes });
  store = { ...plain, direct };
});
afterAll(() => server.close());
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'stratobot-presigned-'));
  node = localTransport();
});
afterEach(async () => {
  await node.close();
  for await (const object of store.list('')) await store.delete(object.key);
  await rm(work, { recursive: true, force: true });
});

const software = (bytes: number) =>
  compress(tar([...softwareMembers(), { path: '2023.06/init/noise', content: noise(bytes) }]), 'gz');
const keys = async () => {
  const found: string[] = [];
  for await (const object of store.list('')) found.push(object.key);
  return found;
};

/** The node's own upload, as the workflow lets it make it. */
async function bring(bytes: Buffer): Promise<void> {
  await writeFile(join(work, name.file), bytes);
  const { uploadId, ...to } = await direct.begin(unjudged, bytes.length);
  expect(to.urls).toHaveLength(Math.max(1, Math.ceil(bytes.length / partBytes)));
  await direct.end(unjudged, uploadId, await uploadArtifact(node, work, name.file, to));
}

async function judge(digest: string) {
  const source = await store.open(unjudged);
  if (source === null) throw new Error('nothing was brought');
  const brought = { key: unjudged, sha256: digest };
  const metadata = { repo: 'EESSI/software-layer' };
  const collector = createCollector({ store, log: silent });
  return collector.collect({ name, key, expect: expectZen2, source, metadata, brought });
}

describe('an artifact that its node uploads itself', () => {
  it('arrives whole, in parts, and gets its key when it is judged', async () => {
    const bytes = software(11 * 2 ** 20);
    await bring(bytes);
    expect(await measureArtifact(node, work, name.file)).toEqual({
      bytes: bytes.length,
      sha256: sha256(bytes),
    });
    expect(await keys()).toEqual([unjudged]);
    const result = await judge(sha256(bytes));
    expect(result).toMatchObject({ kind: 'stored', sha256: sha256(bytes), bytes: bytes.length });
    const stored = await store.open(key);
    expect(stored !== null && (await buffer(stored)).equals(bytes)).toBe(true);
    const response = await fetch(store.url(key), { method: 'HEAD' });
    expect(response.headers.get('x-amz-meta-repo')).toBe('EESSI/software-layer');
    expect(response.headers.get('content-type')).toBe('application/gzip');
  });

  it('is copied in parts when it is too large for one request', async () => {
    const bytes = software(11 * 2 ** 20);
    await bring(bytes);
    const client = new S3Client({ ...server, forcePathStyle: true });
    const base = `${server.endpoint}/artifacts`;
    const small = directUploads(client, { bucket: server.bucket, base, copyBytes: partBytes });
    const { url } = await small.copy(unjudged, key, { contentType: 'application/gzip', metadata: {} });
    expect(url).toBe(store.url(key));
    const stored = await store.open(key);
    expect(stored !== null && (await buffer(stored)).equals(bytes)).toBe(true);
  });

  it('never has its key when it is refused, or is not what the node says it sent', async () => {
    const evil = compress(tar([...softwareMembers(), { path: '/etc/passwd', content: 'x' }]), 'gz');
    await bring(evil);
    expect(rulesOf(await judge(sha256(evil)))).toContain('absolute');
    expect(await keys()).toEqual([unjudged]);
    await bring(software(10));
    await expect(judge(sha256('other bytes'))).rejects.toThrow(Retryable);
    expect(await keys()).toEqual([unjudged]);
    await bring(Buffer.alloc(0));
    expect(rulesOf(await judge(sha256('')))).toEqual(['empty']);
  });

  it('shows no address to others on the node', async () => {
    const bin = join(work, 'bin');
    await mkdir(bin);
    const seen = join(work, 'seen');
    await writeFile(
      join(bin, 'curl'),
      `#!/bin/bash\nprintf '%s\\n' "$@" >>${seen}\nexec /usr/bin/curl "$@"\n`,
    );
    await chmod(join(bin, 'curl'), 0o755);
    const path = process.env.PATH;
    process.env.PATH = `${bin}${delimiter}${path}`;
    try {
      await bring(software(10));
    } finally {
      process.env.PATH = path;
    }
    const shown = await readFile(seen, 'utf8');
    expect(shown).toContain('--data-binary');
    expect(shown).not.toContain('http');
    expect(shown).not.toContain('Signature');
  });

  it('is tried again later when an address is not taken, and its parts can be freed', async () => {
    const before = await readdir(server.directory, { recursive: true });
    await writeFile(join(work, name.file), software(10));
    const { uploadId, ...to } = await direct.begin(unjudged, 10);
    const wrong = { ...to, urls: to.urls.map((url) => url.replace('/artifacts/', '/no-such-bucket/')) };
    await expect(uploadArtifact(node, work, name.file, wrong)).rejects.toThrow(Retryable);
    await direct.abort(unjudged, uploadId);
    const after = await readdir(server.directory, { recursive: true });
    expect(after.filter((path) => path.includes(uploadId))).toEqual([]);
    expect(after.length).toBeGreaterThanOrEqual(before.length);
  });

  it('is missing where it is no regular file, and its name is never a path', async () => {
    expect(await measureArtifact(node, work, 'nothing.tar.gz')).toBeNull();
    await mkdir(join(work, 'folder.tar.gz'));
    expect(await measureArtifact(node, work, 'folder.tar.gz')).toBeNull();
    await expect(measureArtifact(node, work, '../a')).rejects.toThrow(Permanent);
    await expect(uploadArtifact(node, work, '../a', { partBytes, urls: [] })).rejects.toThrow(Permanent);
  });
});
