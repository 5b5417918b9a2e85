/** Where artifacts are kept, and the one pass that brings them there. */
import type { Readable } from 'node:stream';
import type { ArtifactName, TarballOverview, Violation } from '../domain/artifact.ts';
import type { Target } from '../domain/target.ts';

export interface ArtifactStore {
  /** Stores a stream; on an error or abort nothing remains. */
  put(key: string, content: Readable, options: PutOptions): Promise<{ url: string }>;
  /** Null when there is no such key. */
  open(key: string): Promise<Readable | null>;
  delete(key: string): Promise<void>;
  url(key: string): string;
  /** Uploads that build nodes make themselves; absent where the store has none. */
  direct?: DirectUploads;
  /** Every object whose key starts so, however many there are, in the order of their keys. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /**
   * Frees what uploads that died with their process left: those begun before `before` (unix ms) for a key that starts with
   * the prefix and is `ours`, where a store is shared with others.
   * @returns how many there were
   */
  abortUploads(options: { prefix: string; before: number; ours: (key: string) => boolean }): Promise<number>;
}

/** An upload to addresses that are signed for it, so that whoever has them needs no key of the store. */
export interface DirectUploads {
  /** Begins an upload: an address for each part, good for some hours; all parts but the last have `partBytes`. */
  begin(key: string, bytes: number): Promise<{ uploadId: string; partBytes: number; urls: string[] }>;
  /** Makes an object of the parts; after it the addresses are good for nothing. @param etags what the store said of each part */
  end(key: string, uploadId: string, etags: readonly string[]): Promise<void>;
  /** Frees the parts. */
  abort(key: string, uploadId: string): Promise<void>;
  /** A copy inside the store, with metadata and tags of its own. */
  copy(from: string, to: string, options: PutOptions): Promise<{ url: string }>;
}

interface PutOptions {
  contentType: string;
  metadata: Record<string, string>;
  /** What lifecycle rules and people select objects by; a store without tags ignores them. At most ten. */
  tags?: Record<string, string>;
  signal?: AbortSignal;
}

export interface StoredObject {
  key: string;
  bytes: number;
  /** Unix ms. */
  modifiedAt: number;
}

/** `signer`: the key that signed it, `SHA256:…`; null where nothing signs. */
export type CollectResult =
  | {
      kind: 'stored';
      sha256: string;
      bytes: number;
      url: string;
      overview: TarballOverview;
      signer: string | null;
    }
  | { kind: 'refused'; violations: Violation[] };

/** One pass over the bytes: hash, decompress, list, judge, upload. Refused bytes do not stay in the store. */
export interface Collector {
  collect(artifact: {
    name: ArtifactName;
    key: string;
    expect: { target: Target; version: string };
    source: Readable;
    metadata: Record<string, string>;
    /** The source reads what lies in the store already, and what must have this digest; what is good is copied to `key`. */
    brought?: { key: string; sha256: string };
    /** The bytes are looked at and let go, nothing is put into the store. */
    onlyLook?: boolean;
  }): Promise<CollectResult>;
}
