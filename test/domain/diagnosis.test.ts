import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Diagnosis, diagnose, diagnoser, type Ending } from '../../src/domain/diagnosis.ts';
import type { Case } from './diagnosis/cases/case.ts';
import { CASES } from './diagnosis/cases.ts';
import { FAILED, log, PASSED, TESTS_FAILED } from './diagnosis/endings.ts';

function because(diagnosis: Diagnosis | null): Omit<Case, 'log'> | null {
  if (diagnosis === null) return null;
  const { class: failureClass, rule, line, sentence } = diagnosis;
  return { class: failureClass, rule, line, sentence };
}

describe('diagnose', () => {
  for (const { log: name, ...expected } of CASES) {
    it(`finds ${expected.rule} in ${name}`, () => {
      const diagnosis = diagnose({ ...FAILED, log: log(name) });
      expect(because(diagnosis)).toEqual(expected);
    });
  }

  it('names the failed test and its reason', () => {
    expect(because(diagnose({ ...TESTS_FAILED, log: log('reframe-failed') }))).toEqual({
      class: 'test',
      rule: 'tests-failed',
      line: 82,
      sentence:
        "the test `EESSI_OSU_pt2pt_CPU` failed: `sanity error: pattern 'Size' not found in 'rfm_job.out'`",
    });
  });

  it('names three of many failed tests', () => {
    expect(diagnose({ ...TESTS_FAILED, log: log('reframe-many') })?.sentence).toBe(
      '5 tests failed: `EESSI_T1`, `EESSI_T2`, `EESSI_T3` and 2 more',
    );
  });

  it('takes the names of failed tests from the test file when the log has none', () => {
    const tests: Ending['tests'] = {
      outcome: { status: 'FAILURE', passed: 2, failed: 1, failedTests: ['EESSI_GROMACS'] },
      description: '',
    };
    expect(diagnose({ ...PASSED, tests, log: '' })?.sentence).toBe('the test `EESSI_GROMACS` failed');
  });

  it.each(['success', 'success-with-errors'])('says nothing about %s', (name) => {
    expect(diagnose({ ...PASSED, log: log(name) })).toBeNull();
  });

  it('blames no line of a package that was installed', () => {
    expect(diagnose({ ...FAILED, log: log('success-with-errors') })).toMatchObject({
      rule: 'unknown',
      line: null,
    });
  });

  it('reads what the real scripts wrote', () => {
    expect(because(diagnose({ ...FAILED, log: log('scripts-failure') }))).toEqual({
      class: 'build',
      rule: 'easybuild',
      line: 2,
      sentence:
        'while building `GROMACS-2024.4-foss-2023b.eb`: EasyBuild says: `cmd "make -j 16" exited with exit code 2`',
    });
  });

  it('explains a job by its end where the log cannot', () => {
    const lost: Ending = { ...FAILED, exit: { kind: 'lost', detail: 'rebooted' } };
    expect(diagnose({ ...lost, log: 'x\n' })).toMatchObject({ class: 'infrastructure', rule: 'job-lost' });
    expect(diagnose({ ...lost, log: log('out-of-memory') })?.rule).toBe('out-of-memory');
    const late: Ending = { ...FAILED, exit: { kind: 'timed-out', limitSeconds: 86_400 } };
    expect(diagnose({ ...late, log: log('compiler-error') })).toMatchObject({
      class: 'configuration',
      rule: 'time-limit',
      sentence:
        "while building `LAMMPS-2Aug2023_update2-foss-2023a-kokkos.eb`: it was stopped at the pool's time limit of 24 h",
    });
    expect(diagnose({ ...FAILED, steps: {}, log: '' })?.rule).toBe('script-missing');
    expect(diagnose({ ...FAILED, steps: { build: 137 }, log: '' })?.rule).toBe('killed');
    expect(diagnose({ ...PASSED, result: null, log: '' })?.rule).toBe('result-unknown');
  });

  it('shows at most 30 lines around the cause, without escape codes', () => {
    const excerpt = diagnose({ ...FAILED, log: log('compiler-error') })?.excerpt ?? [];
    expect(excerpt.length).toBeGreaterThan(20);
    expect(excerpt.length).toBeLessThanOrEqual(30);
    expect(excerpt).toContain(
      "/scratch/bot/tmp/build/LAMMPS/src/KOKKOS/pair_eam_kokkos.cpp:412:17: error: no matching function for call to 'atan2(__bf16, double)'",
    );
    expect(excerpt.join('')).not.toContain('\u001b');
  });

  it('keeps secrets out of the sentence and the excerpt', () => {
    const diagnosis = diagnose({ ...FAILED, log: log('secrets') });
    const shown = `${diagnosis?.sentence}\n${diagnosis?.excerpt.join('\n')}`;
    expect(shown).toContain('git.example.org');
    expect(shown).toContain('GITHUB_TOKEN=***');
    for (const secret of ['ghp_', 'wJalr', 'b3BlbnN', 'ya29', 'hunter2', 'correct']) {
      expect(shown).not.toContain(secret);
    }
  });

  it('gives the same answer however the log is cut into chunks', () => {
    const bytes = new TextEncoder().encode(log('compiler-error').replaceAll('\n', '\r\n'));
    const whole = diagnose({ ...FAILED, log: log('compiler-error') });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 997 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const one = diagnoser();
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          one.write(bytes.subarray(from, from + size));
          from += size;
        }
        expect(one.end(FAILED)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('answers whatever the log holds, with one short line and a bounded excerpt', () => {
    const pieces = [...CASES.map((one) => log(one.log)), '\u001b[', '\r', '\0', '`', '\ud800', 'error: '];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 5 }), (parts) => {
        const diagnosis = diagnose({ ...FAILED, log: parts.join('') });
        expect(diagnosis).not.toBeNull();
        if (diagnosis === null) return;
        expect(diagnosis.sentence).toMatch(/^[^\n\r\u001b]{1,500}$/u);
        expect(diagnosis.sentence.split('`').length % 2).toBe(1);
        expect(diagnosis.excerpt.length).toBeLessThanOrEqual(30);
      }),
      { numRuns: 100 },
    );
  });

  it('cuts lines without end and counts the lines after them right', () => {
    const one = diagnoser();
    for (let mib = 0; mib < 8; mib += 1) one.write('x'.repeat(1024 * 1024));
    one.write("\ngcc: error: unrecognized command-line option '-mfoo'\n");
    const diagnosis = one.end(FAILED);
    expect(diagnosis?.line).toBe(2);
    expect(diagnosis?.excerpt.join('').length).toBeLessThan(3_000);
  });
});
