import type { Case } from './case.ts';

/** What could not be fetched: later it may be there. */
export const DOWNLOAD: readonly Case[] = [
  {
    log: 'checksum',
    class: 'download',
    rule: 'checksum',
    line: 28,
    sentence:
      'while building `SciPy-bundle-2023.11-gfbf-2023b.eb`: `numpy-1.26.2.tar.gz` does not have the checksum that its easyconfig gives',
  },
  {
    log: 'container-pull',
    class: 'download',
    rule: 'container-pull',
    line: 18,
    sentence:
      'the container image `docker://ghcr.io/eessi/build-node:debian11` could not be pulled: `while building SIF from layers: conveyor failed to get: toomanyrequests: retry-after: 614µs`',
  },
  {
    log: 'curl-refused',
    class: 'download',
    rule: 'connection-failed',
    line: 13,
    sentence:
      "the download of `https://github.com/EESSI/software-layer-scripts/archive/main.tar.gz` failed: `Failed to connect to github.com port 443 after 2 ms: Couldn't connect to server`",
  },
  {
    log: 'git-clone',
    class: 'download',
    rule: 'git-clone',
    line: 18,
    sentence:
      '`https://github.com/EESSI/test-suite/` could not be cloned: `The requested URL returned error: 502`',
  },
  {
    log: 'http-error',
    class: 'download',
    rule: 'http-error',
    line: 28,
    sentence:
      'while building `HMMER-3.4-gompi-2023b.eb`: the download of `http://eddylab.org/software/hmmer/hmmer-3.4.tar.gz` failed: `HTTP Error 503: Service Unavailable`',
  },
  {
    log: 'source-not-found',
    class: 'download',
    rule: 'source-not-found',
    line: 28,
    sentence:
      'while building `gc-8.2.4-GCCcore-13.2.0.eb`: the source `gc-8.2.4.tar.gz` could not be downloaded',
  },
];
