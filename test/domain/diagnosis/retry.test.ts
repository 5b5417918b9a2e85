import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FailureClass, retryAdvice } from '../../../src/domain/diagnosis.ts';

describe('retryAdvice', () => {
  const classes: FailureClass[] = ['infrastructure', 'download', 'build', 'test', 'configuration'];
  const retries = (failureClass: FailureClass, earlier: FailureClass[]) =>
    retryAdvice({ class: failureClass }, earlier);

  it('tries another node twice, a download once after a minute, and anything else never', () => {
    const again = { retry: true, afterMs: 0 };
    expect(retries('infrastructure', [])).toEqual(again);
    expect(retries('infrastructure', ['infrastructure'])).toEqual(again);
    expect(retries('infrastructure', ['infrastructure', 'infrastructure']).retry).toBe(false);
    expect(retries('download', [])).toEqual({ retry: true, afterMs: 60_000 });
    expect(retries('download', ['download']).retry).toBe(false);
    for (const one of ['build', 'test', 'configuration'] as const) expect(retries(one, []).retry).toBe(false);
  });

  it('ends, whatever the log of each try says', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...classes), { minLength: 4, maxLength: 10 }), (tries) => {
        const stopped = tries.findIndex((one, index) => !retries(one, tries.slice(0, index)).retry);
        expect(stopped).toBeGreaterThanOrEqual(0);
        expect(stopped).toBeLessThanOrEqual(3);
      }),
    );
  });
});
