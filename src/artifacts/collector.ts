import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Permanent, Retryable } from '../domain/errors.ts';
import { defaultLimits, type TarballLimits, tarballPolicy } from '../domain/tarball-policy.ts';
import type { ArtifactStore, Collector, CollectResult, Log } from '../ports.ts';
import { branch, sideTask } from '../tarball/branch.ts';
import { judgeTarball } from '../tarball/judging.ts';
import { chunksOf } from '../tarball/source.ts';
import { fingerprintOf } from './key-fingerprint.ts';
import type { Signer } from './signing.ts';

/**
 * Collects an artifact in one pass. The source is pulled by the thread that lists it; each chunk is hashed and handed to
 * the upload on its way there, so the slower of the two sets the pace and memory stays constant. The upload's last byte waits for
 * the verdict: refused bytes never become an object, and one that was there before under the key stays untouched.
 * With a signer, the same bytes are signed as they pass, and the signature is put beside them, under `<key>.sig`.
 */
export function createCollector(options: {
  store: ArtifactStore;
  limits?: TarballLimits;
  signer?: Signer;
  log: Log;
}): Collector {
  const { store, limits = defaultLimits, signer, log } = options;

  return {
    async collect({ name, key, expect, source, metadata, brought, onlyLook = false }) {
      const byName = tarballPolicy({ name, expect, limits });
      if (byName.broken()) {
        source.destroy();
        return refused(byName.end());
      }
      const into = onlyLook ? nowhere : brought === undefined ? store : promotion(store, brought.key);
      const upload = startUpload(into, key, metadata, name.compression);
      const signing = signer === undefined || onlyLook ? null : sideTask((content) => signer.sign(content));
      const hash = createHash('sha256');
      let bytes = 0;
      const tee = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of chunksOf(source, `Artifact ${name.file}`, { gather: false })) {
          bytes += chunk.length;
          hash.update(chunk);
          await Promise.all([upload.send(chunk), signing?.send(chunk)]);
          yield chunk;
        }
      };
      try {
        const question = { name, expect, limits };
        const { violations, overview } = await judgeTarball(tee(), question, () => upload.abort());
        if (violations.length === 0) {
          const signature = await signing?.finish();
          const sha256 = hash.digest('hex');
          if (brought !== undefined && brought.sha256 !== sha256)
            throw new Retryable(`The store gave other bytes of ${name.file} than the node says it sent`);
          const { url } = await upload.finish();
          if (signature !== undefined) await putSignature(store, key, signature);
          const signedBy = signature === undefined ? null : fingerprintOf(signature);
          return { kind: 'stored', sha256, bytes, url, overview, signer: signedBy };
        }
        log.warn({ artifact: name.file, violations }, 'artifact refused');
        return refused(violations);
      } finally {
        source.destroy();
        await Promise.all([upload.settle(), signing?.settle()]);
      }
    },
  };
}

function refused(violations: Extract<CollectResult, { kind: 'refused' }>['violations']): CollectResult {
  return { kind: 'refused', violations };
}

async function letGo(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

/** Takes bytes that nobody wants to keep. */
const nowhere: Pick<ArtifactStore, 'put'> = {
  async put(_key, content, { signal }) {
    await pipeline(content, letGo, signal === undefined ? {} : { signal });
    return { url: '' };
  },
};

/** Takes bytes that are in the store under another key: after the last one they are copied there. */
function promotion({ direct }: ArtifactStore, from: string): Pick<ArtifactStore, 'put'> {
  return {
    async put(key, content, options) {
      if (direct === undefined) throw new Permanent('the artifact store has no uploads of nodes');
      await nowhere.put(key, content, options);
      return direct.copy(from, key, options);
    },
  };
}

/** An upload that is fed chunk by chunk, and that is either finished or leaves nothing. */
function startUpload(
  store: Pick<ArtifactStore, 'put'>,
  key: string,
  metadata: Record<string, string>,
  compression: 'zst' | 'gz',
) {
  const body = branch();
  const cancel = new AbortController();
  let ended = false;
  const contentType = compression === 'zst' ? 'application/zstd' : 'application/gzip';
  const done = store
    .put(key, body.content, {
      contentType,
      metadata,
      tags: { ...metadata, stratobot: 'artifact' },
      signal: cancel.signal,
    })
    .then((stored) => ({ stored }))
    .catch((error: unknown) => {
      body.content.destroy();
      return { error };
    });

  return {
    /** Resolves when there is room for more, or nobody wants more; throws when the store failed. */
    async send(chunk: Buffer): Promise<void> {
      if (cancel.signal.aborted) return;
      await body.send(chunk);
      if (!body.closed() || cancel.signal.aborted) return;
      const result = await done;
      throw 'error' in result ? result.error : new Error('the store ended an upload by itself');
    },
    /** Stops the upload; the rest of the source is read only to tell all that is wrong with it. */
    abort(): void {
      if (!cancel.signal.aborted) cancel.abort(new Error('The artifact is refused.'));
    },
    async finish(): Promise<{ url: string }> {
      body.end();
      ended = true;
      const result = await done;
      if ('error' in result) throw result.error;
      return result.stored;
    },
    /** After any end: waits until the store has removed what it had of an unfinished upload. */
    async settle(): Promise<void> {
      if (!ended) cancel.abort(new Error('The artifact was not read to its end.'));
      await done;
    },
  };
}

async function putSignature(store: ArtifactStore, key: string, signature: string): Promise<void> {
  await store.put(`${key}.sig`, Readable.from([Buffer.from(signature)]), {
    contentType: 'text/plain',
    metadata: {},
  });
}
