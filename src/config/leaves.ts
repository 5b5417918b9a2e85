/** The single values of the configuration file: each parsed once, each with what to say when it is wrong. */
import { z } from 'zod';
import { isPathPattern } from '../domain/easystack-paths.ts';

export interface Hint {
  /** Completes "should be …". */
  expected: string;
  /** A value as it would stand in the file. */
  example?: string;
}

/** What a value should be, in words; explain.ts finds it by the path of a problem. */
export const hints = z.registry<Hint>();

const matching = (pattern: RegExp, expected: string, example: string) =>
  z.string().regex(pattern).register(hints, { expected, example });

export const instanceName = matching(
  /^[a-z0-9][a-z0-9-]{0,38}$/,
  'a name of lower case letters, digits and `-`, at most 39 characters',
  'aws-bot',
);
export const plainName = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  'a name of letters, digits, `.`, `_` and `-`, at most 63 characters',
  'zen2',
);
export const githubRepository = matching(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  'a GitHub repository, `owner/name`',
  'EESSI/software-layer',
);
export const team = matching(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[a-z0-9][a-z0-9_-]*$/,
  'a team, `org/slug`',
  "'EESSI/builders'",
);
export const login = matching(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/,
  'a GitHub login, without `@`',
  'maria',
).transform((name) => name.toLowerCase());
export const cvmfsName = matching(
  /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$/,
  'the full name of a CernVM-FS repository',
  'software.eessi.io',
);
export const stackVersion = matching(
  /^(\d{4}\.\d{2}|\d{8})$/,
  'a stack version as text, `YYYY.MM` or `YYYYMMDD`',
  "'2025.06'",
);
export const cpu = matching(
  /^(x86_64|aarch64|riscv64|ppc64le)(\/[a-z0-9][a-z0-9_]*)*$/,
  'a CPU path that starts with `x86_64`, `aarch64`, `riscv64` or `ppc64le`',
  'x86_64/amd/zen2',
);
export const accelerator = matching(
  /^[a-z]+\/[a-z0-9]+$/,
  'an accelerator, `vendor/capability`',
  'nvidia/cc80',
);
export const label = matching(
  /^[^\s,](?:[^\n\r,]{0,48}[^\s,])?$/,
  'a name of at most 50 characters, without a comma',
  'bot:deployed',
);
export const checkName = matching(
  /^\S(?:[^\n\r]{0,98}\S)?$/,
  'a name of at most 100 characters',
  'stratobot / summary',
);
export const variable = matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable', 'SKIP_TESTS');
export const container = matching(
  /^\S*$/,
  'an address of a container image',
  'docker://ghcr.io/eessi/build-node:debian12',
);

export const pathPattern = z.string().refine(isPathPattern).register(hints, {
  expected:
    'a path in the repository, in which `*`, `**`, `${repository}` and `${version}` may stand for its parts',
  example: "'easystacks/${repository}/${version}/**'",
});
export const nodePath = matching(/^\/[^\0\n\r]*$/, 'an absolute path on the node', '/srv/stratobot/jobs');
/** On a Stratum 0, whose scripts split paths at spaces. */
export const serverPath = matching(
  /^(\/[A-Za-z0-9._-]+)+$/,
  'an absolute path on the Stratum 0, of letters, digits, `.`, `_` and `-`',
  '/var/lib/stratobot',
);
export const serverCommand = matching(
  /^\/?[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
  'the name or the absolute path of a command on the Stratum 0',
  '/usr/bin/cvmfs_server',
);
export const argument = matching(
  /^[^\0\n\r]+$/,
  'an argument, one line of text',
  '/usr/local/bin/renew-caches',
);
export const localPath = matching(/^[^\0\n\r]+$/, 'a path', '/srv/www/cvmfs');

/** The scripts on the node read these from an INI file in bash and drop a value that holds `=`. */
export const siteValue = matching(
  /^[^=\n\r]+$/,
  'one line of text without `=`, which the scripts on the node would drop',
  '/scratch/$USER',
);

export const host = matching(
  /^[A-Za-z0-9:][A-Za-z0-9.:-]*$/,
  'a host name or an address',
  'node-1.example.org',
);
export const user = matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'a user name', 'builder');
export const port = z
  .int()
  .min(1)
  .max(65_535)
  .register(hints, { expected: 'a port, a whole number from 1 to 65535', example: '3000' });
export const sbatchOption = matching(
  /^--?[A-Za-z][^\0\r\n]*$/,
  'an option for sbatch, with its value in the same text',
  "'--partition=zen2'",
);
export const flag = z.boolean().register(hints, { expected: '`true` or `false`', example: 'true' });
export const count = (most: number, example: string) =>
  z
    .int()
    .min(1)
    .max(most)
    .register(hints, { expected: `a whole number from 1 to ${most}`, example });

/** An address with scheme http(s) that holds no password, query or fragment; given without the slash at its end. */
export const webUrl = z
  .string()
  .refine(isWebUrl)
  .transform((text) => text.replace(/\/+$/, ''))
  .register(hints, {
    expected: 'an address that starts with `https://` or `http://`, without a user, password, `?` or `#`',
    example: 'https://bot.example.org',
  });

function isWebUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s?#@]+$/.test(text)) return false;
  return URL.canParse(text);
}

export const agent = z.union([z.literal(true), localPath]).register(hints, {
  expected: '`true`, for the agent that SSH_AUTH_SOCK names, or the path of its socket',
  example: 'true',
});

export const storage = z.union([z.literal(false), serverPath]).register(hints, {
  expected:
    'the folder on the Stratum 0 that holds the objects of the repository, or `false` where they are in S3',
  example: '/srv/cvmfs',
});

/** One line of a public key, as in known_hosts after the host's name. */
export const hostKey = z
  .string()
  .refine(isHostKey)
  .transform((text) => text.split(/\s+/, 2).join(' '))
  .register(hints, {
    expected:
      "the node's public host key, type and base64, as the first two words of `/etc/ssh/ssh_host_ed25519_key.pub`",
    example: "'ssh-ed25519 AAAAC3Nz…'",
  });

/** The key's bytes start with the length and the name of its own type (RFC 4253, 6.6). */
function isHostKey(text: string): boolean {
  const [type, base64] = text.split(/\s+/);
  if (type === undefined || base64 === undefined) return false;
  if (!/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/.test(type)) return false;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const bytes = Buffer.from(base64, 'base64');
  return (
    bytes.length > 4 + type.length &&
    bytes.readUInt32BE(0) === type.length &&
    bytes.toString('latin1', 4, 4 + type.length) === type
  );
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `30m`, `24h`, `2d`, given in seconds. */
export const duration = z
  .string()
  .transform((text, context) => {
    const [, digits, unit] = /^([1-9]\d{0,5}) ?([smhd])$/.exec(text) ?? [];
    const seconds = Number(digits) * SECONDS[unit as keyof typeof SECONDS];
    if (Number.isSafeInteger(seconds)) return seconds;
    context.addIssue('no number with a unit');
    return z.NEVER;
  })
  .register(hints, { expected: 'a duration with its unit, `s`, `m`, `h` or `d`', example: '24h' });

const BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** `64MiB`, `200GiB`, given in bytes. */
export const byteSize = z
  .string()
  .transform((text, context) => {
    const [, digits, unit] = /^([1-9]\d{0,8}) ?(B|KiB|MiB|GiB|TiB)$/.exec(text) ?? [];
    const bytes = Number(digits) * BYTES[unit as keyof typeof BYTES];
    if (Number.isSafeInteger(bytes)) return bytes;
    context.addIssue('no number with a unit');
    return z.NEVER;
  })
  .register(hints, {
    expected: 'a size with its unit, `B`, `KiB`, `MiB`, `GiB` or `TiB`',
    example: '200GiB',
  });
