/** What a schema cannot see: whether the parts of the file fit each other. */

import { checkSoftwareRepository } from './check-software.ts';
import type { ConfigDocument, Path } from './document.ts';
import { choice, pathName } from './explain.ts';
import type { Problem } from './problems.ts';
import type { ConfigFile } from './schema.ts';

export function checkTogether(document: ConfigDocument, file: ConfigFile): Problem[] {
  return [
    ...twice(document, file.software_repositories, ['software_repositories'], 'github', (name) =>
      name.toLowerCase(),
    ),
    ...twice(document, file.repositories, ['repositories'], 'id'),
    ...twice(document, file.pools, ['pools'], 'name'),
    ...twice(document, file.publishers, ['publishers'], 'repository'),
    ...checkStratum1(document, file),
    ...file.pools.flatMap((pool, index) => checkPool(document, file, pool, ['pools', index])),
    ...file.software_repositories.flatMap((repository, index) =>
      checkSoftwareRepository(document, file, repository, ['software_repositories', index]),
    ),
    ...checkPublishers(document, file),
    ...file.publishers.flatMap((publisher, index) =>
      checkPublisher(document, publisher, ['publishers', index]),
    ),
    ...oneOf(document, file.artifacts, ['artifacts'], ['s3', 'directory']),
  ];
}

function twice<K extends string>(
  document: ConfigDocument,
  items: readonly Record<K, string>[],
  path: Path,
  key: K,
  same: (value: string) => string = (value) => value,
): Problem[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const value = same(item[key]);
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, index);
      return [];
    }
    const found = `\`${item[key]}\` is already \`${pathName([...path, before, key])}\``;
    return [
      document.atValue([...path, index, key], {
        found,
        expected: null,
        suggestion: 'each may be there once',
      }),
    ];
  });
}

function checkPool(
  document: ConfigDocument,
  file: ConfigFile,
  pool: ConfigFile['pools'][number],
  path: Path,
): Problem[] {
  const ids = file.repositories.map((repository) => repository.id);
  const unknown = (pool.repositories ?? []).flatMap((id, index) =>
    ids.includes(id)
      ? []
      : [
          document.atValue([...path, 'repositories', index], {
            found: `pool \`${pool.name}\` refers to \`${id}\`, which is not in \`repositories\``,
            ...choice(id, ids),
          }),
        ],
  );
  return [
    ...unknown,
    ...strayOptions(document, pool, path),
    ...presignedWithoutBucket(document, file, pool, path),
    ...twice(document, pool.nodes, [...path, 'nodes'], 'name'),
    ...pool.nodes.flatMap((node, index) =>
      oneOf(document, node, [...path, 'nodes', index], ['ssh', 'local']),
    ),
    ...pool.nodes.flatMap(({ ssh }, index) =>
      ssh === undefined ? [] : checkSsh(document, ssh, [...path, 'nodes', index, 'ssh']),
    ),
  ];
}

/** Only S3 gives addresses that a node can upload to. */
function presignedWithoutBucket(
  document: ConfigDocument,
  file: ConfigFile,
  pool: ConfigFile['pools'][number],
  path: Path,
): Problem[] {
  if (pool.collect !== 'presigned' || file.artifacts.s3 !== undefined) return [];
  return [
    document.atValue([...path, 'collect'], {
      found: `pool \`${pool.name}\` has \`collect: presigned\`, but \`artifacts\` is not in S3`,
      expected: null,
      suggestion: 'write `collect: stream`, or keep the artifacts in `artifacts.s3`',
    }),
  ];
}

/** Options of the scheduler that the pool does not have. */
function strayOptions(document: ConfigDocument, pool: ConfigFile['pools'][number], path: Path): Problem[] {
  const ofProcess = ['nice', 'ionice', 'memory'] as const;
  const stray = pool.scheduler === 'slurm' ? ofProcess : (['sbatch_options'] as const);
  const other = pool.scheduler === 'slurm' ? 'process' : 'slurm';
  return stray
    .filter((key) => pool[key] !== undefined)
    .map((key) =>
      document.atKey([...path, key], {
        found: `pool \`${pool.name}\` has \`${key}\`, but its scheduler is \`${pool.scheduler}\``,
        expected: null,
        suggestion: `leave it out, or write \`scheduler: ${other}\``,
      }),
    );
}

type Ssh = NonNullable<ConfigFile['pools'][number]['nodes'][number]['ssh']>;

function checkSsh(document: ConfigDocument, ssh: Ssh, path: Path): Problem[] {
  const hosts: [Path, Ssh | Ssh['jump'][number]][] = [
    [path, ssh],
    ...ssh.jump.map((hop, index): [Path, Ssh['jump'][number]] => [[...path, 'jump', index], hop]),
  ];
  return [
    ...oneOf(document, ssh, path, ['identity_file', 'agent']),
    ...hosts.flatMap(([at, host]) =>
      host.passphrase_file === undefined || host.identity_file !== undefined
        ? []
        : [
            document.atKey([...at, 'passphrase_file'], {
              found: `\`${pathName(at)}\` has a \`passphrase_file\`, but no \`identity_file\` that it could open`,
              expected: null,
              suggestion: 'name the key, or leave the passphrase out',
            }),
          ],
    ),
  ];
}

function checkPublishers(document: ConfigDocument, file: ConfigFile): Problem[] {
  const published = file.publishers.map((publisher) => publisher.repository);
  const built = [...new Set(file.repositories.map((repository) => repository.name))];
  const missing = built.filter((name) => !published.includes(name));
  const unused = file.publishers.flatMap((publisher, index) =>
    built.includes(publisher.repository)
      ? []
      : [
          document.atValue(['publishers', index, 'repository'], {
            found: `nothing is built for \`${publisher.repository}\``,
            ...choice(publisher.repository, built),
          }),
        ],
  );
  return [
    ...unused,
    ...missing.map((name) => {
      const index = file.repositories.findIndex((repository) => repository.name === name);
      return document.atValue(['repositories', index, 'name'], {
        found: `\`publishers\` has no entry for \`${name}\``,
        expected: null,
        suggestion: `add one: \`- repository: ${name}\``,
      });
    }),
  ];
}

function checkPublisher(
  document: ConfigDocument,
  publisher: ConfigFile['publishers'][number],
  path: Path,
): Problem[] {
  const { cvmfs } = publisher;
  const at = [...path, 'cvmfs'];
  const unsigned =
    publisher.unsigned === 'refuse' && publisher.allowed_signers === undefined
      ? [
          document.atValue([...path, 'repository'], {
            found: `nothing says whose signatures are accepted for \`${publisher.repository}\``,
            expected: null,
            suggestion: 'name a file as `allowed_signers`, or write `unsigned: accept`',
          }),
        ]
      : [];
  return [
    ...unsigned,
    ...oneOf(document, publisher, path, ['directory', 'cvmfs']),
    ...(cvmfs === undefined ? [] : oneOf(document, cvmfs, at, ['ssh', 'local'])),
    ...(cvmfs?.ssh === undefined ? [] : checkSsh(document, cvmfs.ssh, [...at, 'ssh'])),
  ];
}

/** Servers are told apart by their names, and only what is published here is watched. */
function checkStratum1(document: ConfigDocument, file: ConfigFile): Problem[] {
  const published = file.publishers.map(({ repository }) => repository);
  return [
    ...twice(document, file.stratum1, ['stratum1'], 'repository'),
    ...file.stratum1.flatMap(({ servers }, index) =>
      twice(document, servers, ['stratum1', index, 'servers'], 'name'),
    ),
    ...file.stratum1.flatMap(({ repository }, index) =>
      published.includes(repository)
        ? []
        : [
            document.atValue(['stratum1', index, 'repository'], {
              found: `nothing is published to \`${repository}\``,
              ...choice(repository, published),
            }),
          ],
    ),
  ];
}

function oneOf<K extends string>(
  document: ConfigDocument,
  value: Partial<Record<K, unknown>>,
  path: Path,
  keys: readonly K[],
): Problem[] {
  const set = keys.filter((key) => value[key] !== undefined);
  if (set.length === 1) return [];
  const names = keys.map((key) => `\`${key}\``);
  const found =
    set.length === 0
      ? `\`${pathName(path)}\` has neither ${names.join(' nor ')}`
      : `\`${pathName(path)}\` has both ${names.join(' and ')}`;
  return [document.atKey(path, { found, expected: 'one of them', suggestion: null })];
}
