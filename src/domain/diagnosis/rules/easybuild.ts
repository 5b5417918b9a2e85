import { baseName, code, firstWords } from '../text.ts';
import type { Hit, Rule } from '../types.ts';

/** EasyBuild's and Lmod's own words for what is wrong. */
export const EASYBUILD_RULES: readonly Rule[] = [
  {
    name: 'hook-failed',
    class: 'configuration',
    rank: 'cause',
    hints: ['hooks.py'],
    pattern: /^ {0,8}File "[^"]{0,300}?([\w.-]{1,80}hooks\.py)", line (\d{1,9}), in (\w{1,80})/,
    say: ({ groups: [file = '', line = '', hook = ''], after }) => {
      const why = after.find((one) => /^[A-Za-z_.]{1,80}(?:Error|Exception)\b/.test(one));
      return `${code(hook)} in ${code(file)} failed at line ${line}${why === undefined ? '' : `: ${code(why)}`}`;
    },
  },
  {
    name: 'missing-dependencies',
    class: 'configuration',
    rank: 'cause',
    hints: [
      'missing modules for',
      'missing dependencies',
      'unresolved dependencies',
      'irresolvable dependencies',
    ],
    pattern:
      /(?:Missing modules for (?:one or more )?dependencies(?: \(use --robot\?\))?|Missing dependencies|(?:Unresolved|Irresolvable) dependencies[^:]{0,80}): {0,4}(.{1,400})/i,
    say: ({ groups: [names = ''] }) => `dependencies are missing: ${code(names)}`,
  },
  {
    name: 'easyconfig-not-found',
    class: 'configuration',
    rank: 'cause',
    hints: ['files not found', 'no easyconfig file', "can't find path", 'find easyconfig'],
    pattern:
      /One or more files not found: (.{1,300}?)(?: \(search paths?|$)|No easyconfig files? found for (?:software )?(.{1,200})|Can't find path (\S{1,300})|Failed to find easyconfig(?: file)? '?(\S{1,200}?)'?(?: |$)/i,
    say: ({ groups, text }) =>
      `EasyBuild finds no easyconfig ${code(groups.find((one) => one !== '') ?? text)} on its search path`,
  },
  {
    name: 'easyconfig-invalid',
    class: 'configuration',
    rank: 'cause',
    hints: [
      'parsing easyconfig',
      'process easyconfig',
      'easyconfig file',
      'read easy',
      'parse easy',
      'easystack file contains',
      'valid easystack',
    ],
    pattern:
      /(?:Parsing easyconfig file failed|Failed to process easyconfig \S{1,300}|Failed to (?:read|parse) eas(?:yconfig|ystack)(?: file)? \S{0,300}|Easystack file contains|Not a valid easystack).{0,400}/i,
    say: ({ text }) =>
      `an easyconfig or easystack cannot be read: ${code(text.replace(/^.{0,200}?ERROR:? /, ''))}`,
  },
  {
    name: 'patch-failed',
    class: 'build',
    rank: 'cause',
    hints: ['hunk', 'applying patch', 'apply patch'],
    pattern:
      /^(\d{1,4}) out of \d{1,4} hunks? (?:FAILED|failed)|Applying patch \S{1,300} failed|(?:Couldn't|Can't) apply patch (?:file )?\S{1,300}/,
    say: ({ text }) => `a patch does not apply: ${code(text)}`,
  },
  {
    name: 'sanity-check',
    class: 'build',
    rank: 'cause',
    hints: ['sanity check failed'],
    pattern: /Sanity check failed: {0,4}(.{0,800})/i,
    say: ({ groups: [why = ''], rest, after }) => {
      const error = [...rest].reverse().find((one) => /Error\b/.test(one));
      const said = withoutDuration(why === '' ? firstWords(after, 1) : why).replaceAll('\\"', '"');
      return `the sanity check failed: ${code(said)}${error === undefined ? '' : `, ${code(withoutDuration(error))}`}`;
    },
  },
  {
    name: 'module-unknown',
    class: 'configuration',
    rank: 'cause',
    hints: ['module(s)', 'lmod has detected'],
    pattern:
      /(?:These|The following) module\(s\)(?: or extension\(s\))? (?:exist but )?(?:are unknown|cannot be loaded)[^:]{0,40}: {0,4}(.{0,300})/i,
    say: ({ groups: [names = ''], after }) =>
      `Lmod does not know a module: ${code((names === '' ? firstWords(after, 1) : names).replaceAll('"', ''))}`,
  },
  {
    name: 'easyblock-missing',
    class: 'configuration',
    rank: 'cause',
    hints: ['easyblock'],
    pattern:
      /Failed to (?:obtain class for|import) (\S{1,200}) easyblock|No (?:software-specific )?easyblock '?(\S{1,200}?)'? found/i,
    say: ({ groups }) => `EasyBuild has no easyblock ${code(groups.find((one) => one !== '') ?? '')}`,
  },
  {
    name: 'missing-modules',
    class: 'build',
    rank: 'symptom',
    hints: ['required modules missing'],
    pattern: /^(\d{1,6}) out of (\d{1,6}) required modules missing:/,
    say: missingModules,
  },
  {
    name: 'shell-command',
    class: 'build',
    rank: 'symptom',
    hints: ['shell command failed'],
    pattern: /^ERROR: Shell command failed!/,
    say: ({ after }) => {
      const field = (name: string) =>
        after.find((one) => one.trim().startsWith(name))?.replace(/^.{0,60}?->\s{0,8}/, '') ?? '';
      const status = field('exit code');
      return `${code(field('full command'))} failed${status === '' ? '' : ` with exit status ${status.slice(0, 6)}`}`;
    },
  },
  {
    name: 'easybuild',
    class: 'build',
    rank: 'symptom',
    hints: [
      'installation ended unsuccessfully',
      'failed (err:',
      'failed:',
      'easybuild crashed',
      'easybuild encountered',
    ],
    pattern:
      /(?:Installation ended unsuccessfully(?: \(build directory: .{0,400}?\))?: |^ERROR: (?:Build|Installation) of \S{1,400} failed(?: \(err: ["']?|: ["']?)|EasyBuild (?:crashed with an|encountered an) (?:error|exception)(?: \(at [^)]{0,300}\))?: )(.{0,800})/,
    say: ({ groups: [why = ''] }) => `EasyBuild says: ${code(easyBuildWords(why))}`,
  },
];

function missingModules({ groups: [missing = '', all = ''], after }: Hit): string {
  const names = after.flatMap((line) => /^\s{0,4}\* (\S{1,200})/.exec(line)?.[1] ?? []).map(baseModule);
  const shown = names.slice(0, 3).map((name) => code(name));
  const rest = Number(missing) - shown.length;
  const list = shown.length === 0 ? '' : `: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `${missing} of ${all} modules were not installed${list}`;
}

function baseModule(name: string): string {
  return name.startsWith('/') ? baseName(name) : name;
}

/** Neither `(took 3 mins 2 secs)` nor the quote that EasyBuild closes says anything about the cause. */
function withoutDuration(text: string): string {
  return text.replace(/ ?\(took [^)]{1,60}\)$/, '').replace(/["']\)$|"$/, '');
}

function easyBuildWords(text: string): string {
  return withoutDuration(text.replace(/^build failed \(first 300 chars\): /, '')).replace(
    / and output:$/,
    '',
  );
}
