import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCollector } from '../../src/artifacts/collector.ts';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { fingerprintOf } from '../../src/artifacts/key-fingerprint.ts';
import { type Signer, sshSigner, sshVerifier } from '../../src/artifacts/signing.ts';
import type { Deploy } from '../../src/domain/deploy.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { createSpool } from '../../src/ingest/spool.ts';
import type { ArtifactStore, CollectResult } from '../../src/ports.ts';
import { expectZen2, inPieces, nameOf, noise, zen2 } from '../harness/collecting.ts';
import { silent } from '../harness/log.ts';
import { compress, softwareMembers, tar } from '../harness/tarballs.ts';

const name = nameOf('gz');
const key = `pr/7/${name.file}`;
const namespace = 'aws-bot';
const clean = compress(tar([...softwareMembers(), { path: `${zen2}/large`, content: noise(400_000) }]), 'gz');
let home: string;
let root: string;
let spoolDir: string;
let store: ArtifactStore;
let signer: Signer;
let run = 0;
/** Of metadata. */
let text = '';

const keyFile = (one: string): string => join(home, one);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'stratobot-signed-'));
  for (const one of ['bot', 'other']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile(one)]);
  }
  const publicKey = await readFile(keyFile('bot.pub'), 'utf8');
  await writeFile(keyFile('allowed'), `bot namespaces="${namespace}" ${publicKey}`);
  signer = sshSigner({ keyFile: keyFile('bot'), namespace });
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(() => {
  root = join(home, `store-${++run}`);
  spoolDir = join(home, `spool-${run}`);
  store = directoryStore({ root, baseUrl: 'https://artifacts.example' });
});

function collect(bytes: Buffer, by: Signer | null = signer): Promise<CollectResult> {
  const collector = createCollector({ store, log: silent, ...(by === null ? {} : { signer: by }) });
  return collector.collect({ name, key, expect: expectZen2, source: inPieces(bytes), metadata: {} });
}

const put = (at: string, content: string | Buffer) =>
  store.put(at, Readable.from([Buffer.from(content)]), { contentType: 'x', metadata: {} });
const kept = async () => (await readdir(join(root, 'pr/7')).catch(() => [])).sort();

/** Collects and then spools, as a deploy of it would. */
async function spool(
  result: CollectResult,
  { unsigned = 'refuse', allowed = 'allowed' }: { unsigned?: 'refuse' | 'accept'; allowed?: string } = {},
) {
  if (result.kind !== 'stored') throw new Error(JSON.stringify(result));
  const verifier = sshVerifier({ allowedSigners: keyFile(allowed), namespace });
  const { sha256, bytes } = result;
  const target = expectZen2.target.cpu;
  const artifacts = [
    { artifactId: 1, name: name.file, sha256, bytes, key, target, repository: 'software.eessi.io' },
  ];
  const signatures = () => ({ verifier, unsigned });
  return createSpool({ dir: spoolDir, store, limits: defaultLimits, signatures, log: silent }).fetch({
    id: 12,
    artifacts,
  } as unknown as Deploy);
}

describe('a collector with a signer', () => {
  it('puts a signature of what it stored beside it', async () => {
    const result = await collect(clean);
    expect(await kept()).toEqual([name.file, `${name.file}.sig`]);
    expect(await spool(result)).toMatchObject({ kind: 'spooled' });
  });

  it('says whose key it was, as ssh-keygen prints it', async () => {
    const printed = execFileSync('ssh-keygen', ['-lf', keyFile('bot.pub')], { encoding: 'utf8' });
    expect(await collect(clean)).toMatchObject({ signer: printed.split(' ')[1] });
    expect(await collect(clean, null)).toMatchObject({ signer: null });
    const signature = await signer.sign('x');
    const [begin, first = '', ...rest] = signature.split('\n');
    const other = [begin, `QUJD${first.slice(4)}`, ...rest].join('\n');
    const cut = `${begin}\n${first.slice(0, 24)}\n${rest.slice(-2).join('\n')}`;
    for (const none of ['', 'x', other, cut, signature.slice(0, -10)]) expect(fingerprintOf(none)).toBeNull();
  });

  it('signs nothing that it refuses', async () => {
    expect((await collect(clean.subarray(0, -1))).kind).toBe('refused');
    expect(await kept()).toEqual([]);
  });

  it('stores nothing that it cannot sign', async () => {
    const lost = sshSigner({ keyFile: keyFile('none'), namespace });
    await expect(collect(clean, lost)).rejects.toThrow('The signing key');
    expect(await kept()).toEqual([]);
  });

  it('ends with the error of the store, and nothing goes on signing', async () => {
    let settled = false;
    const watched: Signer = {
      sign: (content) =>
        signer.sign(content).finally(() => {
          settled = true;
        }),
    };
    const broken = { ...store, put: () => Promise.reject(new Retryable('S3 says SlowDown')) };
    const collector = createCollector({ store: broken, signer: watched, log: silent });
    const source = inPieces(clean);
    const failing = collector.collect({ name, key, expect: expectZen2, source, metadata: {} });
    await expect(failing).rejects.toThrow('S3 says SlowDown');
    expect(settled).toBe(true);
  });
});

describe('a spool with a verifier', () => {
  it('refuses what has no signature, unless the site accepts it', async () => {
    const unsigned = await collect(clean, null);
    expect(await spool(unsigned)).toEqual({
      kind: 'refused',
      violations: [
        {
          rule: 'signature',
          sentence: `\`${name.file}\`: It has no signature, and what is published here must have one.`,
        },
      ],
    });
    expect(await spool(unsigned, { unsigned: 'accept' })).toMatchObject({ kind: 'spooled' });
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      'of somebody unknown',
      () => sshSigner({ keyFile: keyFile('other'), namespace }).sign(inPieces(clean)),
      'not among the allowed signers',
    ],
    [
      'for another bot',
      () => sshSigner({ keyFile: keyFile('bot'), namespace: 'other-bot' }).sign(inPieces(clean)),
      'is not for aws-bot',
    ],
    ['of other bytes', () => signer.sign('other bytes'), 'is of other bytes'],
    ['that is none', async () => '<html>not found</html>', 'is not an SSH signature'],
    ['that has no end', async () => 'x'.repeat(1_000_000), 'is not an SSH signature'],
  ])('refuses a signature %s, also where unsigned ones are accepted', async (_what, sign, text) => {
    const result = await collect(clean, null);
    await put(`${key}.sig`, await sign());
    expect(await spool(result, { unsigned: 'accept' })).toEqual({
      kind: 'refused',
      violations: [{ rule: 'signature', sentence: expect.stringContaining(text) }],
    });
    expect(await readdir(join(spoolDir, 'deploy-12'))).toEqual([]);
  });

  it.each<[string, () => Promise<string | null>, 'refuse' | 'accept', string | null]>([
    ['that is not signed', async () => null, 'refuse', 'Its metadata has no signature.'],
    ['that need not be signed', async () => null, 'accept', null],
    [
      'by somebody unknown',
      () => sshSigner({ keyFile: keyFile('other'), namespace }).sign(text),
      'accept',
      'Of its metadata: ',
    ],
    ['that was changed', () => signer.sign('what it said before'), 'accept', 'is of other bytes'],
    ['that is signed', () => signer.sign(text), 'refuse', null],
  ])('reads metadata %s', async (_what, sign, unsigned, sentence) => {
    const result = await collect(clean);
    text = `{"sha256sum": "${result.kind === 'stored' ? result.sha256 : ''}"}`;
    const signature = await sign();
    await put(`${key}.meta.txt`, text);
    if (signature !== null) await put(`${key}.meta.txt.sig`, signature);
    const spooled = await spool(result, { unsigned });
    if (sentence === null) expect(spooled.kind).toBe('spooled');
    else {
      expect(spooled).toEqual({
        kind: 'refused',
        violations: [{ rule: 'metadata', sentence: expect.stringContaining(sentence) }],
      });
    }
  });

  it('refuses metadata of another artifact, though it is signed', async () => {
    const result = await collect(clean);
    await put(`${key}.meta.txt`, 'of another');
    await put(`${key}.meta.txt.sig`, await signer.sign('of another'));
    expect(await spool(result)).toMatchObject({
      violations: [{ sentence: expect.stringContaining('Its metadata is of other bytes.') }],
    });
  });

  it('refuses bytes that were signed but not approved', async () => {
    const approved = await collect(clean);
    await collect(compress(tar([...softwareMembers(), { path: `${zen2}/more`, content: 'x' }]), 'gz'));
    const result = await spool(approved);
    expect(result).toMatchObject({ kind: 'refused', violations: [{ rule: 'digest' }] });
  });

  it('looks at the signature again when the file is here already', async () => {
    const result = await collect(clean);
    expect(await spool(result)).toMatchObject({ kind: 'spooled' });
    await put(`${key}.sig`, await signer.sign('other bytes'));
    expect(await spool(result)).toMatchObject({ kind: 'refused', violations: [{ rule: 'signature' }] });
  });

  it('has no verdict where the allowed signers cannot be read', async () => {
    const result = await collect(clean);
    await expect(spool(result, { allowed: 'nowhere' })).rejects.toThrow(Permanent);
  });
});
