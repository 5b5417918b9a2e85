/** Where artifacts are kept, and the one pass that brings them there. */
import type { Readable } from 'node:stream';
import type { ArtifactName, TarballOverview, Violation } from '../domain/artifact.ts';
import type { Target } from '../domain/target.ts';

export interface ArtifactStore {
  /** Stores a stream; on an error or abort nothing remains. */
  put(
    key: string,
    content: Readable,
    options: { contentType: string; metadata: Record<string, string>; signal?: AbortSignal },
  ): Promise<{ url: string }>;
  /** Null when there is no such key. */
  open(key: string): Promise<Readable | null>;
  delete(key: string): Promise<void>;
  url(key: string): string;
}

export type CollectResult =
  | { kind: 'stored'; sha256: string; bytes: number; url: string; overview: TarballOverview }
  | { kind: 'refused'; violations: Violation[] };

/** One pass over the bytes: hash, decompress, list, judge, upload. Refused bytes do not stay in the store. */
export interface Collector {
  collect(artifact: {
    name: ArtifactName;
    key: string;
    expect: { target: Target; version: string };
    source: Readable;
    metadata: Record<string, string>;
  }): Promise<CollectResult>;
}
