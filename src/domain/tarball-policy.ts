import type { ArtifactName, TarMember, Violation } from './artifact.ts';
import { nameMismatch, promisedPrefixes } from './artifact-name.ts';
import { PathIndex } from './path-index.ts';
import type { Target } from './target.ts';

export interface TarballLimits {
  /** Members of one tarball. */
  members: number;
  /** Decompressed bytes. */
  bytes: number;
  /** Decompressed bytes per compressed byte, looked at from 256 MiB on. */
  ratio: number;
}

export const defaultLimits: TarballLimits = { members: 2_000_000, bytes: 200 * 2 ** 30, ratio: 200 };

/** Violations of one tarball that are told one by one; the rest is only counted. */
const keptViolations = 20;
const ratioFrom = 256 * 2 ** 20;

/**
 * What a tarball must be before anybody is asked to approve it, and again before it is published. It is fed member by
 * member; `violations()` after the end says what is wrong, and nothing is right by default.
 */
export interface TarballPolicy {
  /** False: the tarball is over a limit, so that reading on is pointless or dangerous. */
  member(member: TarMember): boolean;
  /** Sizes so far; false as in `member`. */
  sizes(compressed: number, decompressed: number): boolean;
  /** A problem that the reader of the tarball found: truncated, malformed, corrupt. */
  problem(violation: Violation): void;
  /** Whether anything is wrong so far. */
  broken(): boolean;
  /** After the last member: the first violations, and a last one that counts the others. */
  end(): Violation[];
}

export function tarballPolicy(options: {
  name: ArtifactName;
  expect: { target: Target; version: string };
  limits?: TarballLimits;
}): TarballPolicy {
  const { name, limits = defaultLimits } = options;
  const kept: Violation[] = [];
  const seen = new PathIndex();
  const judgePlace = placeRule(name);
  let found = 0;
  let members = 0;
  let files = 0;
  let overLimit = false;

  const breaks = (rule: string, sentence: string): void => {
    found++;
    if (kept.length < keptViolations) kept.push({ rule, sentence });
  };
  const exceeds = (rule: string, sentence: string): void => {
    if (!overLimit) breaks(rule, sentence);
    overLimit = true;
  };

  const misnamed = nameMismatch(name, options.expect);
  if (misnamed !== null) breaks('misnamed', misnamed);

  const judge = (member: TarMember): void => {
    const { type, link, mode } = member;
    const path = type === 'directory' ? member.path.replace(/\/$/, '') : member.path;
    const wrong = (rule: string, what: string): void => breaks(rule, `${quoteName(member.path)} ${what}.`);

    if (unreadable.test(path) || (link !== null && unreadable.test(link))) {
      wrong('encoding', 'has control characters or broken UTF-8 in its name or link');
      return;
    }
    const form = badForm(path, link ?? '');
    if (form !== null) {
      wrong(form.rule, form.what);
      return;
    }
    const place = judgePlace(path, type);
    if (place !== null) wrong('outside', place);
    if (type === 'device' || type === 'fifo' || type === 'other') {
      const what =
        type === 'other'
          ? 'is stored in a way that not every tool reads, as a sparse file may be'
          : 'is neither a file, a directory nor a link';
      wrong('special', what);
      return;
    }
    // Directories often inherit a setgid bit on shared file systems, where it only says which group owns new files.
    const privileges = type === 'directory' ? 0o4000 : 0o6000;
    if ((mode & privileges) !== 0 && type !== 'symlink') wrong('privileges', 'has a setuid or setgid bit');

    const above = seen.enter(path);
    if (above !== null) {
      wrong('through-link', `lies below ${quoteName(above.path)}, a ${above.kind} in the same tarball`);
      return;
    }
    if (type === 'hardlink' && seen.get(link ?? '') !== 'file') {
      wrong(
        'hardlink',
        `is a hard link to ${quoteName(link ?? '')}, which is no earlier file of the tarball`,
      );
    }
    const before = seen.get(path);
    if (before === null || (type === 'directory' && (before === 'implied' || before === 'directory'))) {
      seen.set(path, type === 'hardlink' ? 'file' : type);
    } else {
      wrong('duplicate', 'is there twice');
    }
  };

  return {
    member(member) {
      members++;
      if (member.type === 'file') files++;
      if (members > limits.members)
        exceeds('too-many', `The tarball has more than ${limits.members} members.`);
      else judge(member);
      return !overLimit;
    },
    sizes(compressed, decompressed) {
      if (decompressed > limits.bytes) {
        exceeds('too-large', `The tarball's content is larger than ${limits.bytes} bytes.`);
      } else if (decompressed > ratioFrom && decompressed > compressed * limits.ratio) {
        exceeds(
          'bomb',
          `The tarball grows to more than ${limits.ratio} times its size when it is decompressed.`,
        );
      }
      return !overLimit;
    },
    problem: ({ rule, sentence }) => breaks(rule, sentence),
    broken: () => found > 0,
    end() {
      if (files === 0 && found === 0) breaks('empty', 'The tarball has no files in it.');
      if (found === kept.length) return [...kept];
      return [
        ...kept,
        { rule: 'more', sentence: `There are ${found - kept.length} more problems like these.` },
      ];
    },
  };
}

/** Control characters, and what a decoder puts where bytes are not UTF-8. */
const unreadable = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** Names that tools take in different ways, or that leave the place they are unpacked in. */
function badForm(path: string, link: string): { rule: string; what: string } | null {
  if (path.startsWith('/')) return { rule: 'absolute', what: 'is an absolute path' };
  const parts = path.split('/');
  if (parts.includes('..')) return { rule: 'escapes', what: 'has `..` in its path' };
  if (parts.includes('') || parts.includes('.')) {
    return { rule: 'path-form', what: 'has an empty part or `.` in its path' };
  }
  // A file name has at most 255 bytes, a path less than 4096, or it cannot be unpacked.
  if (path.length > 3900 || link.length > 3900 || parts.some((part) => utf8Length(part) > 255)) {
    return { rule: 'path-form', what: 'is too long to be unpacked' };
  }
  return null;
}

function utf8Length(text: string): number {
  return text.length <= 85 ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Where members of an artifact may lie: below one root, the version (or the version with a suffix), in a directory
 * that the type allows, and there for the system of the name. Says what is wrong with a place, or null.
 */
function placeRule(name: ArtifactName): (path: string, type: TarMember['type']) => string | null {
  const allowed: readonly string[] = name.type === 'software' ? ['software', 'init', 'scripts'] : [name.type];
  const systemPath = `${name.os}/${name.cpu}`;
  const accelerators = promisedPrefixes(name).map((prefix) => prefix.slice(prefix.indexOf('/accel/') + 1));
  let root: string | null = null;

  return (path, type) => {
    const [first = '', second, ...rest] = path.split('/');
    if (first !== name.version && !isSuffixed(first, name.version)) {
      return `is not below \`${name.version}\`, the version in the name`;
    }
    root ??= first;
    if (first !== root) return `is not below \`${root}\`, where the tarball began`;
    if (second === undefined) return type === 'directory' ? null : 'must be a directory';
    if (!allowed.includes(second))
      return `is not below ${allowed.map((one) => `\`${root}/${one}\``).join(' or ')}`;
    if (rest.length === 0) return type === 'directory' ? null : 'must be a directory';
    if (second === 'init' || second === 'scripts') return null;

    const below = rest.join('/');
    if (systemPath === below || systemPath.startsWith(`${below}/`)) {
      return type === 'directory' ? null : 'must be a directory';
    }
    if (!below.startsWith(`${systemPath}/`)) return `is not for \`${systemPath}\`, the system in the name`;
    if (second === 'compat') return null;

    const inside = below.slice(systemPath.length + 1);
    if (inside !== 'accel' && !inside.startsWith('accel/')) return null;
    if (name.accelerator === null) return 'is for an accelerator, and the name says none';
    if (accelerators.some((one) => inside.startsWith(`${one}/`))) return null;
    if (accelerators.some((one) => one === inside || one.startsWith(`${inside}/`))) {
      return type === 'directory' ? null : 'must be a directory';
    }
    return `is not for \`${name.accelerator}\`, the accelerator in the name`;
  };
}

function isSuffixed(part: string, version: string): boolean {
  return part.startsWith(`${version}-`) && /^[0-9A-Za-z._-]+$/.test(part.slice(version.length + 1));
}

/** A hostile name in a sentence: between backticks, which messages make a code span of. */
export function quoteName(name: string): string {
  return `\`${showName(name).replaceAll('`', "'")}\``;
}

/** A hostile name made fit for a sentence: what cannot be seen is escaped, and it is cut to 120 characters. */
export function showName(name: string): string {
  const safe = [...name.slice(0, 260)].map((char) =>
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/u.test(char) ? `\\u{${char.codePointAt(0)?.toString(16)}}` : char,
  );
  const shown = [...safe.join('')];
  return shown.length <= 120 && name.length <= 260 ? shown.join('') : `${shown.slice(0, 119).join('')}…`;
}
