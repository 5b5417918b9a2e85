import { setTimeout as delay } from 'node:timers/promises';
import { type Build, isFinal } from '../../domain/build.ts';
import type { LogSource } from './source.ts';

/** How often a followed build is looked up, for its state and for bytes another process added to its log, ms. */
const LOOK_EVERY_MS = 1_000;

interface Followed {
  build: Build;
  readers: Set<() => void>;
  stop(): void;
}

/** What a follower of a build holds. */
export interface Follower {
  /** The build as last seen. */
  build(): Build;
  /** Resolves when there may be something new since the last call, or after a time. */
  news(timeoutMs: number, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Tells readers of news about builds. The database is asked once a second for a build, however many follow it. */
export class News {
  readonly #source: LogSource;
  readonly #followed = new Map<number, Followed>();

  constructor(source: LogSource) {
    this.#source = source;
  }

  follow(build: Build): Follower {
    const followed = this.#followed.get(build.id) ?? this.#begin(build);
    let bell = Promise.withResolvers<void>();
    const ring = () => bell.resolve();
    followed.readers.add(ring);
    return {
      build: () => followed.build,
      async news(timeoutMs, signal) {
        if (signal.aborted) return;
        const timer = setTimeout(ring, timeoutMs);
        signal.addEventListener('abort', ring, { once: true });
        await bell.promise;
        clearTimeout(timer);
        signal.removeEventListener('abort', ring);
        bell = Promise.withResolvers();
      },
      stop: () => {
        followed.readers.delete(ring);
        if (followed.readers.size > 0) return;
        followed.stop();
        this.#followed.delete(build.id);
      },
    };
  }

  #begin(build: Build): Followed {
    const { logs, records, log } = this.#source;
    const readers = new Set<() => void>();
    const tell = () => {
      for (const ring of readers) ring();
    };
    const stopped = new AbortController();
    const look = async () => {
      if (!isFinal(followed.build.state)) {
        followed.build = (await records.builds.get(build.id)) ?? followed.build;
      }
      tell();
    };
    const lookOften = async () => {
      for (let works = true; ; ) {
        await delay(LOOK_EVERY_MS, undefined, { signal: stopped.signal });
        try {
          await look();
          works = true;
        } catch (error) {
          if (works) log.warn({ error, build: build.id }, 'a build that is followed cannot be read now');
          works = false;
        }
      }
    };
    const deaf = logs.onAppend(build.id, tell);
    const followed: Followed = {
      build,
      readers,
      stop() {
        stopped.abort();
        deaf();
      },
    };
    this.#followed.set(build.id, followed);
    lookOften().catch(() => {});
    return followed;
  }
}
