import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { keyFor, keyUrl } from '../../src/artifacts/key.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { renderMetaText } from '../../src/domain/meta-text.ts';
import type { ArtifactStore } from '../../src/ports.ts';
import { silent } from '../harness/log.ts';
import { type S3Server, startS3 } from '../harness/s3.ts';

interface Case {
  store: ArtifactStore;
  /** Everything that lies in the store, by its own account of the disk. */
  contents(): Promise<string[]>;
  close(): Promise<void>;
}

async function directoryCase(): Promise<Case> {
  const root = await mkdtemp(join(tmpdir(), 'stratobot-store-'));
  return {
    store: directoryStore({ root, baseUrl: 'https://artifacts.example/files/' }),
    contents: () => filesBelow(root),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

async function s3Case(): Promise<Case> {
  const server = await startS3();
  return {
    store: s3Store({ ...server, forcePathStyle: true, log: silent }),
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

  it('tries again later where nobody listens', async () => {
    const store = s3Store({ ...server, endpoint: 'http://127.0.0.1:1', forcePathStyle: true, log: silent });
    await expect(store.open(key)).rejects.toThrow(Retryable);
  });
});

describe('keyFor', () => {
  const name = parseArtifactName('eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz');
  if ('problem' in name) throw new Error(name.problem);
  const values = { repo: 'EESSI/software-layer', pullRequest: 7, buildId: 42, name };

  it.each([
    ['', name.file],
    ['new', `new/${name.file}`],
    ['/new/', `new/${name.file}`],
    ['${github_repository}/${pull_request_number}/${build_id}', `EESSI/software-layer/7/42/${name.file}`],
    ['${legacy_aws_path}', `2023.06/software/linux/x86_64/amd/zen2/1687955624/${name.file}`],
  ])('fills in %j', (template, expected) => {
    expect(keyFor(template, values)).toBe(expected);
  });

  it.each(['${github_token}', '../x', 'a//b'])('refuses %j', (template) => {
    expect(() => keyFor(template, values)).toThrow(Permanent);
  });

  it('makes addresses that keep what a name says', () => {
    expect(keyUrl('https://x/', 'a/b+c d')).toBe('https://x/a/b%2Bc%20d');
  });
});

it('renders the text beside an artifact with strings only', async () => {
  const text = renderMetaText({
    uploader: { username: 'bot', ip: '192.0.2.1', hostname: 'login1' },
    payload: {
      filename: 'a.tar.zst',
      size: 12,
      ctime: 1_700_000_000_500,
      sha256sum: 'ab',
      url: 'https://x/a.tar.zst',
    },
    link2pr: { repo: 'EESSI/software-layer', pr: 7, prCommentId: null },
    task: { action: 'add' },
  });
  expect(JSON.parse(text)).toEqual({
    uploader: { username: 'bot', ip: '192.0.2.1', hostname: 'login1' },
    payload: {
      filename: 'a.tar.zst',
      size: '12',
      ctime: '1700000000',
      sha256sum: 'ab',
      url: 'https://x/a.tar.zst',
    },
    link2pr: { repo: 'EESSI/software-layer', pr: '7', pr_comment_id: '' },
    task: { action: 'add' },
  });
});

async function read(store: ArtifactStore, at: string): Promise<Buffer | null> {
  const content = await store.open(at);
  return content === null ? null : buffer(content);
}
