import { describe, expect, it } from 'vitest';
import { fixedPrefix, keyFor, keyUrl, logKeyFor } from '../../src/artifacts/key.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { Permanent } from '../../src/domain/errors.ts';
import { renderMetaText } from '../../src/domain/meta-text.ts';

describe('keyFor', () => {
  const name = parseArtifactName('eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz');
  if ('problem' in name) throw new Error(name.problem);
  const values = { repo: 'EESSI/software-layer', pullRequest: 7, buildId: 42, name };

  it.each([
    ['', name.file],
    ['new', `new/${name.file}`],
    ['/new/', `new/${name.file}`],
    ['${github_repository}/${pull_request_number}/${build_id}', `EESSI/software-layer/7/42/${name.file}`],
    ['${legacy_aws_path}', `2023.06/software/linux/x86_64/amd/zen2/1687955624/${name.file}`],
  ])('fills in %j', (template, expected) => {
    expect(keyFor(template, values)).toBe(expected);
  });

  it.each(['${github_token}', '../x', 'a//b'])('refuses %j', (template) => {
    expect(() => keyFor(template, values)).toThrow(Permanent);
  });

  it.each([
    ['${github_repository}/${build_id}', '', 'EESSI/software-layer/42/build-42.log.gz'],
    ['new/${legacy_aws_path}', 'new/', 'new/logs/build-42.log.gz'],
    ['new', 'new/', 'new/build-42.log.gz'],
    ['a/b-${build_id}', 'a/b-', 'a/b-42/build-42.log.gz'],
  ])('puts a log beside artifacts with %j, and knows what all keys begin with', (template, fixed, log) => {
    expect(logKeyFor(template, values)).toBe(log);
    expect(fixedPrefix(template)).toBe(fixed);
  });

  it('makes addresses that keep what a name says', () => {
    expect(keyUrl('https://x/', 'a/b+c d')).toBe('https://x/a/b%2Bc%20d');
  });
});

it('renders the text beside an artifact with strings only', async () => {
  const text = renderMetaText({
    uploader: { username: 'bot', ip: '192.0.2.1', hostname: 'login1' },
    payload: {
      filename: 'a.tar.zst',
      size: 12,
      ctime: 1_700_000_000_500,
      sha256sum: 'ab',
      url: 'https://x/a.tar.zst',
    },
    link2pr: { repo: 'EESSI/software-layer', pr: 7, prCommentId: null },
    task: { action: 'add' },
  });
  expect(JSON.parse(text)).toEqual({
    uploader: { username: 'bot', ip: '192.0.2.1', hostname: 'login1' },
    payload: {
      filename: 'a.tar.zst',
      size: '12',
      ctime: '1700000000',
      sha256sum: 'ab',
      url: 'https://x/a.tar.zst',
    },
    link2pr: { repo: 'EESSI/software-layer', pr: '7', pr_comment_id: '' },
    task: { action: 'add' },
  });
});
