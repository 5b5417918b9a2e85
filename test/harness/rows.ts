import { createHash } from 'node:crypto';
import type { Artifact } from '../../src/domain/artifact.ts';
import type { Deploy } from '../../src/domain/deploy.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { NewBuild } from '../../src/ports/records.ts';

/** Rows to put into the record; a test names only what it is about. */

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function aRequest(special: Partial<BuildRequest> = {}): Omit<BuildRequest, 'id'> {
  return {
    repo: 'o/r',
    pullRequest: 3,
    headSha: 'f'.repeat(40),
    baseRef: 'main',
    title: 'Add GROMACS',
    author: 'ann',
    requestedBy: 'bob',
    commands: ['bot: build arch=zen2'],
    software: null,
    source: 'comment:1',
    createdAt: 1_000,
    ...special,
  };
}

export const twoBuilds: readonly NewBuild[] = ['zen2', 'zen3'].map((name) => ({
  target: { os: 'linux', cpu: `x86_64/amd/${name}`, accelerator: null },
  repository: 'eessi.io-2023.06-software',
  pools: [name],
  exports: { SKIP_TESTS: 'yes' },
}));

export function anArtifact(buildId: number, name: string): Omit<Artifact, 'id'> {
  return {
    buildId,
    name,
    sha256: digest(name),
    bytes: 1_000,
    key: `o/r/3/${name}`,
    url: `https://example.org/${name}`,
    overview: {
      files: 1,
      directories: 1,
      links: 0,
      contentBytes: 1_100_000_000,
      modules: ['GROMACS/2024.4-foss-2023b'],
      software: ['GROMACS/2024.4-foss-2023b'],
      reprod: [],
      outside: { count: 0, first: [] },
      largest: [{ path: 'a', bytes: 5_000 }],
    },
    upload: 'stored',
    signer: 'SHA256:c2lnbmVy',
    collectedAt: 2_000,
  };
}

/** Deploys of different askings, unless a test says that they are one. */
let askings = 0;

export function aDeploy(special: Partial<Deploy> = {}): Omit<Deploy, 'id' | 'state' | 'differences'> {
  askings += 1;
  return {
    repo: 'o/r',
    pullRequest: 3,
    headSha: 'f'.repeat(40),
    author: 'ann',
    requestedBy: 'ann',
    earlierAskers: [],
    source: `comment:${askings}`,
    digest: digest('deploy'),
    artifacts: [
      {
        artifactId: 1,
        name: 'a.tar.zst',
        sha256: digest('a.tar.zst'),
        bytes: 1_000,
        key: 'o/r/3/a.tar.zst',
        target: 'x86_64/amd/zen2',
        repository: 'software.eessi.io',
      },
    ],
    rebuild: false,
    despiteTests: null,
    staging: 'o/staging',
    createdAt: 1_000,
    ...special,
  };
}
