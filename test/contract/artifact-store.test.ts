import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { ArtifactStore, StoredObject } from '../../src/ports.ts';
import { silent } from '../harness/log.ts';
import { type S3Server, startS3 } from '../harness/s3.ts';

interface Case {
  store: ArtifactStore;
  /** Leaves what a process leaves that dies while it uploads. */
  dieUploading(key: string): Promise<void>;
  /** Everything that lies in the store, by its own account of the disk. */
  contents(): Promise<string[]>;
  close(): Promise<void>;
}

async function directoryCase(): Promise<Case> {
  const root = await mkdtemp(join(tmpdir(), 'stratobot-store-'));
  return {
    store: directoryStore({ root, baseUrl: 'https://artifacts.example/files/' }),
    async dieUploading(key) {
      await mkdir(join(root, dirname(key)), { recursive: true });
      await writeFile(join(root, dirname(key), `.${randomUUID()}.part`), 'some bytes');
    },
    contents: () => filesBelow(root),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

async function s3Case(): Promise<Case> {
  const server = await startS3();
  return {
    store: s3Store({ ...server, forcePathStyle: true, log: silent }),
    async dieUploading(Key) {
      const client = new S3Client({ ...server, forcePathStyle: true });
      const place = { Bucket: server.bucket, Key };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
      await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'some bytes' }));
      client.destroy();
    },
    contents: () => filesBelow(server.directory),
    close: () => server.close(),
  };
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const options = { contentType: 'application/zstd', metadata: { repository: 'EESSI/software-layer' } };
const key = 'EESSI/software-layer/1/a+b.tar.zst';

/** Larger than a part, so that S3 gets it as a multipart upload. */
const large = Buffer.alloc(40 * 2 ** 20, 'some content ');

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield large.subarray(0, 2 ** 20);
}

describe.each([
  ['a directory', directoryCase],
  ['S3', s3Case],
])('ArtifactStore in %s', (_name, open) => {
  let subject: Case;
  beforeAll(async () => {
    subject = await open();
  });
  afterAll(() => subject.close());

  it('gives back what was put, says where, and puts again over it', async () => {
    const { url } = await subject.store.put(key, Readable.from([Buffer.from('old')]), options);
    expect(url).toBe(subject.store.url(key));
    expect(url).toMatch(/^https?:\/\/.*\/EESSI\/software-layer\/1\/a%2Bb\.tar\.zst$/);
    await subject.store.put(key, Readable.from([Buffer.from('ne'), Buffer.from('w')]), options);
    expect((await read(subject.store, key))?.toString()).toBe('new');
  });

  it('takes many megabytes', async () => {
    await subject.store.put(
      'large',
      Readable.from([large.subarray(0, 2 ** 24), large.subarray(2 ** 24)]),
      options,
    );
    expect((await read(subject.store, 'large'))?.equals(large)).toBe(true);
    await subject.store.delete('large');
  });

  it('has nothing under other keys, and forgets what is deleted', async () => {
    await subject.store.put('gone', Readable.from([Buffer.from('x')]), options);
    await subject.store.delete('gone');
    await subject.store.delete('gone');
    expect(await subject.store.open('gone')).toBeNull();
    expect(await subject.store.open('never/there')).toBeNull();
  });

  it.each([
    ['in the first bytes', 0],
    ['in the middle of parts', 35],
  ])('keeps nothing of a source that fails %s, and tells its error', async (_when, chunks) => {
    const before = await subject.contents();
    const failing = async function* () {
      for (let chunk = 0; chunk < chunks; chunk++) yield large.subarray(0, 2 ** 20);
      throw new Retryable('the node is gone');
    };
    const put = subject.store.put('broken', Readable.from(failing()), options);
    await expect(put).rejects.toThrow(new Retryable('the node is gone'));
    expect(await subject.store.open('broken')).toBeNull();
    expect(await subject.contents()).toEqual(before);
  });

  it('keeps nothing of an aborted upload', async () => {
    const before = await subject.contents();
    const abort = new AbortController();
    let bytes = 0;
    const source = async function* () {
      for await (const chunk of endless()) {
        bytes += chunk.length;
        if (bytes > large.length) abort.abort(new Error('no more'));
        yield chunk;
      }
    };
    const content = Readable.from(source());
    await expect(
      subject.store.put('aborted', content, { ...options, signal: abort.signal }),
    ).rejects.toThrow();
    expect(content.destroyed).toBe(true);
    expect(await subject.store.open('aborted')).toBeNull();
    expect(await subject.contents()).toEqual(before);
  });

  it('does not begin with a signal that is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const put = subject.store.put('late', Readable.from([Buffer.from('x')]), { ...options, signal });
    await expect(put).rejects.toThrow();
    expect(await subject.store.open('late')).toBeNull();
  });

  const objects = async (prefix: string) => {
    const found: StoredObject[] = [];
    for await (const object of subject.store.list(prefix)) found.push(object);
    return found;
  };

  it('lists what is below a prefix, in the order of the keys, with sizes', async () => {
    for (const name of ['some/b', 'some/a/1', 'some/a/0', 'something'])
      await subject.store.put(name, Readable.from([Buffer.from(name)]), options);
    const listed = await objects('some/');
    expect(listed.map((object) => object.key)).toEqual(['some/a/0', 'some/a/1', 'some/b']);
    expect(listed.map(({ bytes }) => bytes)).toEqual([8, 8, 6]);
    expect(listed.every(({ modifiedAt }) => Math.abs(Date.now() - modifiedAt) < 3_600_000)).toBe(true);
    expect((await objects('some/a')).map((object) => object.key)).toEqual(['some/a/0', 'some/a/1']);
    expect(await objects('none/')).toEqual([]);
  });

  it('frees what dead uploads left, but not those that are young or below another prefix', async () => {
    await subject.store.put('dead/whole', Readable.from([Buffer.from('x')]), options);
    const before = await subject.contents();
    for (const name of ['dead/a/1', 'dead/a/2', 'dead/b/3']) await subject.dieUploading(name);
    const later = Date.now() + 60_000;
    const free = (prefix: string, at: number) =>
      subject.store.abortUploads({ prefix, before: at, ours: () => true });
    expect(await free('dead/', Date.now() - 60_000)).toBe(0);
    expect(await free('elsewhere/', later)).toBe(0);
    expect(await free('dead/a', later)).toBe(2);
    expect(await free('', later)).toBe(1);
    expect(await free('', later)).toBe(0);
    expect(await subject.contents()).toEqual(before);
    expect((await objects('dead/')).map(({ key }) => key)).toEqual(['dead/whole']);
  });

  it.each(['', '/etc/passwd', '../x', 'a/../../x', 'a//b', 'a/./b', 'a/', 'a\nb', 'a\\b', 'x'.repeat(2000)])(
    'refuses the key %j',
    async (bad) => {
      await expect(subject.store.put(bad, Readable.from([]), options)).rejects.toThrow(Permanent);
      await expect(subject.store.open(bad)).rejects.toThrow(Permanent);
      await expect(subject.store.delete(bad)).rejects.toThrow(Permanent);
      expect(() => subject.store.url(bad)).toThrow(Permanent);
    },
  );
});

describe('s3Store', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  it('keeps type and metadata', async () => {
    const store = s3Store({ ...server, forcePathStyle: true, log: silent });
    const { url } = await store.put(key, Readable.from([Buffer.from('x')]), options);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('application/zstd');
    expect(response.headers.get('x-amz-meta-repository')).toBe('EESSI/software-layer');
  });

  it('names the address for people', () => {
    const base = { region: 'eu-west-1', bucket: 'b', log: silent };
    expect(s3Store({ ...base, forcePathStyle: false }).url('k')).toBe(
      'https://b.s3.eu-west-1.amazonaws.com/k',
    );
    expect(s3Store({ ...base, forcePathStyle: true, endpoint: 'http://s3.example:9000/' }).url('k')).toBe(
      'http://s3.example:9000/b/k',
    );
    expect(s3Store({ ...base, forcePathStyle: true, publicUrl: 'https://cdn.example/x' }).url('k')).toBe(
      'https://cdn.example/x/k',
    );
  });

  it('says that a missing bucket is a matter for a person', async () => {
    const store = s3Store({ ...server, bucket: 'missing', forcePathStyle: true, log: silent });
    const put = store.put(key, Readable.from([Buffer.from('x')]), options);
    await expect(put).rejects.toThrow(new Permanent(`The bucket does not exist (storing ${key}).`));
    await expect(store.open(key)).rejects.toThrow(Permanent);
  });

  it.each([
    [403, 'AccessDenied', Permanent, 'The credentials have no access to the bucket'],
    [403, 'SignatureDoesNotMatch', Permanent, 'The secret key does not belong to the access key'],
    [400, 'InvalidRequest', Permanent, 'S3 refused'],
    [400, 'RequestTimeout', Retryable, 'S3 did not answer well'],
    [500, 'InternalError', Retryable, 'S3 did not answer well'],
    [503, 'SlowDown', Retryable, 'S3 did not answer well'],
  ])('takes %i %s for what it is', async (status, code, kind, text) => {
    const failing = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      });
    });
    await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(failing.address() as AddressInfo).port}`;
    const store = s3Store({ ...server, endpoint, forcePathStyle: true, log: silent });
    const error = await store.put(key, Readable.from([Buffer.from('x')]), options).catch((cause) => cause);
    failing.closeAllConnections();
    failing.close();
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(text);
  });

  it('asks for every page of a listing of more than a thousand objects', async () => {
    const names = Array.from({ length: 2_050 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    const pages = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://here');
      const from = Number(searchParams.get('continuation-token') ?? 0);
      const objectOf = (name: string) =>
        `<Contents><Key>${name}</Key><Size>3</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
      const more = from + 1_000 < names.length;
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>
        ${more ? `<NextContinuationToken>${from + 1_000}</NextContinuationToken>` : ''}
        ${names
          .slice(from, from + 1_000)
          .map(objectOf)
          .join('')}</ListBucketResult>`);
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const store = s3Store({ ...server, endpoint, forcePathStyle: true, log: silent });
    const found: StoredObject[] = [];
    for await (const object of store.list('many/')) found.push(object);
    pages.closeAllConnections();
    pages.close();
    expect(found.map((object) => object.key)).toEqual(names);
    expect(found[0]).toEqual({ key: 'many/0000', bytes: 3, modifiedAt: Date.UTC(2026, 0, 1) });
  });

  it('tries again later where nobody listens', async () => {
    const store = s3Store({ ...server, endpoint: 'http://127.0.0.1:1', forcePathStyle: true, log: silent });
    await expect(store.open(key)).rejects.toThrow(Retryable);
  });
});

async function read(store: ArtifactStore, at: string): Promise<Buffer | null> {
  const content = await store.open(at);
  return content === null ? null : buffer(content);
}
