/**
 * Puts the programs in place that tests run for real; npm runs this before `npm test`. As root on Debian it installs what
 * is missing; elsewhere it says what will be left out and what to type. With CI set, something missing is an error: there
 * a test that is left out would look like one that passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Need {
  program: string;
  /** Debian's name for what brings it. */
  package: string;
  tests: string;
}

const NEEDS: Need[] = [
  { program: 'git', package: 'git', tests: 'merging pull requests, the GitHub double' },
  { program: 'sshd', package: 'openssh-server', tests: 'build nodes over SSH' },
  { program: 'ssh-keygen', package: 'openssh-client', tests: 'build nodes over SSH, signatures' },
  { program: 'ps', package: 'procps', tests: 'jobs that outlive their connection' },
  { program: 'zstd', package: 'zstd', tests: 'tarballs as build scripts make them' },
  { program: 'bsdtar', package: 'libarchive-tools', tests: 'tarballs of other archivers' },
  { program: 'busybox', package: 'busybox', tests: 'tarballs of other archivers' },
  // Debian's python3-minimal has no tarfile.
  { program: 'python3', package: 'python3', tests: 'tarballs of other archivers' },
  { program: 'chromium', package: 'chromium', tests: 'pages, as a browser shows them' },
  { program: 'slurmctld', package: 'slurm-wlm', tests: 'jobs of Slurm' },
  { program: 'munged', package: 'munge', tests: 'jobs of Slurm, which trusts its parts by munge' },
  { program: 'ip', package: 'iproute2', tests: 'networks that are cut' },
  { program: 'redis-server', package: 'redis-server', tests: 'the queue on Redis' },
];

const APT_TIMEOUT_MS = 10 * 60_000;
const INSTALL = ['install', '-y', '--no-install-recommends'];

/** Daemons are often outside a user's PATH. */
function isThere({ program }: Need): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}

function isDebian(): boolean {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# stratobot: for the time of an installation';

/** Debian starts a service when it installs one, unless this file says no; a file of somebody else is left alone. */
function withoutStartingServices(work: () => boolean): boolean {
  const foreign = existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(POLICY_MARK);
  if (foreign) return work();
  // While apt-get runs, Ctrl-C is for it alone: this process still has the file to remove.
  const stay = () => {};
  process.on('SIGINT', stay).on('SIGTERM', stay);
  try {
    writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
    return work();
  } finally {
    rmSync(POLICY, { force: true });
    process.off('SIGINT', stay).off('SIGTERM', stay);
  }
}

function apt(args: string[]): boolean {
  const options = [
    '-o',
    'Acquire::http::Timeout=30',
    '-o',
    'Acquire::Retries=2',
    '-o',
    'DPkg::Lock::Timeout=120',
    '-q',
  ];
  console.log(`  apt-get ${args.join(' ')}`);
  const { status, error } = spawnSync('/usr/bin/apt-get', [...options, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: APT_TIMEOUT_MS,
  });
  if (error) console.log(`  apt-get: ${error.message}`);
  return status === 0;
}

function packagesOf(needs: Need[]): string[] {
  return [...new Set(needs.map((need) => need.package))];
}

function main(): number {
  const missing = NEEDS.filter((need) => !isThere(need));
  if (missing.length === 0) return 0;
  const debian = isDebian();
  if (debian && process.getuid?.() === 0) {
    console.log(`Tests need ${packagesOf(missing).join(', ')}; installing:`);
    const packages = packagesOf(missing);
    const done = withoutStartingServices(() => apt(['update']) && apt([...INSTALL, ...packages]));
    if (!done) console.log('The installation did not work.');
  }
  const left = missing.filter((need) => !isThere(need));
  if (left.length === 0) return 0;
  console.log('Left out, because a program is not here:');
  for (const need of left) console.log(`  ${need.program.padEnd(13)} ${need.tests}`);
  const packages = packagesOf(left).join(' ');
  console.log(
    debian
      ? `To run them: sudo apt-get update && sudo apt-get ${INSTALL.join(' ')} ${packages}`
      : `To run them, install what your system has for Debian's: ${packages}`,
  );
  if (!process.env.CI || process.env.CI === 'false') return 0;
  console.log('CI is set, so this is an error.');
  return 1;
}

process.exitCode = main();
