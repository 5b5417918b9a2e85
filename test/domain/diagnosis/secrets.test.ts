import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/domain/diagnosis.ts';

describe('maskSecrets', () => {
  it.each([
    ['token ghs_16C7e42F292c6912E7710c838347Ae178B4a end', 'token *** end'],
    ['github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwx', '***'],
    ['AKIAIOSFODNN7EXAMPLE', '***'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: ***'],
    [
      "curl -H 'Authorization: token abcdef0123456789' https://x.org",
      "curl -H 'Authorization: ***' https://x.org",
    ],
    ['git clone https://user:pass@example.org/x.git', 'git clone https://***@example.org/x.git'],
    ['mysql --password=hunter22 --host=db', 'mysql --password=*** --host=db'],
    ['{"client_secret": "abcdef", "id": 1}', '{"client_secret": "***", "id": 1}'],
    ['https://s3/x?X-Amz-Signature=0123abcd&y=1', 'https://s3/x?X-Amz-Signature=***&y=1'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });

  it('hides a private key, and what follows it stays', () => {
    const text = 'a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nMIIF\n-----END RSA PRIVATE KEY-----\nb';
    expect(maskSecrets(text)).toBe('a\n*** private key ***\n***\n***\n***\nb');
  });

  it('leaves ordinary lines alone', () => {
    const lines = [
      'g++ -O3 -Werror -c password.cpp',
      'https://example.org/a@b',
      'Passed: 3',
      'commit 0123456789abcdef',
    ];
    expect(maskSecrets(lines.join('\n'))).toBe(lines.join('\n'));
  });
});
