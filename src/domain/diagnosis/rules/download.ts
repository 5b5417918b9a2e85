import { addressIn, baseName, code } from '../text.ts';
import type { Rule } from '../types.ts';

/** Sources that did not come, or not whole. */
export const DOWNLOAD_RULES: readonly Rule[] = [
  {
    name: 'checksum',
    class: 'download',
    rank: 'cause',
    hints: ['checksum verification'],
    pattern:
      /Checksum verification for (?:extension source |extension patch )?(\S{1,400}) (?:using .{1,200} )?failed/i,
    say: ({ groups: [file = ''] }) =>
      `${code(baseName(file))} does not have the checksum that its easyconfig gives`,
  },
  {
    name: 'git-clone',
    class: 'download',
    rank: 'cause',
    hints: ['fatal: unable to access', 'fatal: repository', 'fatal: could not read', 'fatal: remote error'],
    pattern:
      /^fatal: (?:unable to access|repository|could not read (?:Username|Password) for|remote error:?) ?'?([^\s']{0,300})'?:? ?(.{0,300})/,
    say: ({ groups: [url = '', why = ''] }) =>
      `${code(url)} could not be cloned${why === '' ? '' : `: ${code(why)}`}`,
  },
  {
    name: 'http-error',
    class: 'download',
    rank: 'cause',
    hints: ['http error', 'returned error', 'error 4', 'error 5', 'http response'],
    pattern:
      /(?:HTTP Error (?:[45]\d\d).{0,80}|The requested URL returned error: [45]\d\d.{0,80}|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ERROR [45]\d\d.{0,80})/i,
    say: ({ text, url }) => {
      const own = addressIn(text) ?? url;
      const why = /(?:HTTP Error |returned error: |ERROR )[45]\d\d[^'")]{0,60}/i.exec(text)?.[0] ?? text;
      return `the download${own === null ? '' : ` of ${code(own)}`} failed: ${code(why)}`;
    },
  },
  {
    name: 'connection-failed',
    class: 'download',
    rank: 'cause',
    hints: [
      'curl: (',
      'urlopen error',
      'connection timed out',
      'connection reset',
      'connection refused',
      'readtimeout',
      'ssl certificate',
      'certificate_verify_failed',
    ],
    pattern:
      /^curl: \(\d{1,3}\) (.{1,300})|<urlopen error (.{1,300})>|(?:failed|error|fatal|warning).{0,200}: (Connection (?:timed out|reset by peer|refused)|Read timed out.{0,40})|((?:ReadTimeoutError|CERTIFICATE_VERIFY_FAILED).{0,200})/i,
    say: ({ text, groups, url }) =>
      `the download${url === null ? '' : ` of ${code(url)}`} failed: ${code(groups.find((one) => one !== '') ?? text)}`,
  },
  {
    name: 'source-not-found',
    class: 'download',
    rank: 'cause',
    hints: ["couldn't find file", 'could not find file'],
    pattern: /(?:Couldn't|Could not) find file (\S{1,300}) anywhere/i,
    say: ({ groups: [file = ''] }) => `the source ${code(file)} could not be downloaded`,
  },
  {
    name: 'extension-source-not-found',
    class: 'download',
    rank: 'cause',
    hints: ['source for extension'],
    pattern: /Source for extension (\S{1,200}) not found/i,
    say: ({ groups: [name = ''] }) => `the source of the extension ${code(name)} could not be downloaded`,
  },
];
