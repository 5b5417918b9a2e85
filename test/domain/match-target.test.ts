import { describe, expect, it } from 'vitest';
import { fitsGlob, matchPath, matchRepository, shortNames } from '../../src/domain/match-target.ts';
import { SITE } from './catalogue.ts';

describe('matching', () => {
  const names = ['a/zen2', 'b/zen2x', 'zen2', 'c/d/e'];

  it('prefers the exact name, then the end of a path, then a part', () => {
    expect(matchPath('zen2', names)).toEqual({ kind: 'matched', names: ['zen2'], many: false });
    expect(matchPath('zen2', names.slice(0, 2))).toEqual({ kind: 'matched', names: ['a/zen2'], many: false });
    expect(matchPath('zen', ['b/x_zen2', 'c/en'])).toMatchObject({ names: ['b/x_zen2'] });
    expect(matchPath('b/ze', names)).toMatchObject({ names: ['b/zen2x'] });
    expect(matchPath('b/', names)).toMatchObject({ kind: 'family' });
    expect(matchPath('n2', names)).toMatchObject({ kind: 'none' });
    expect(matchPath('d', names)).toEqual({ kind: 'family', names: ['c/d/e'] });
    expect(matchPath('all', [])).toEqual({ kind: 'none', suggestion: null });
  });

  it('matches repositories by part of their id', () => {
    const [old, current] = SITE.repositories;
    expect(matchRepository('2025', SITE.repositories)).toMatchObject({ names: [current?.id] });
    expect(matchRepository('software', SITE.repositories)).toEqual({
      kind: 'ambiguous',
      names: [old?.id, current?.id],
    });
  });

  it('shortens names where they stay apart', () => {
    expect(shortNames(['a/x', 'b/x', 'b/y', 'a/generic'])).toEqual(['a/x', 'b/x', 'y', 'a/generic']);
  });

  it.each([
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['a*b*b', 'ab', false],
    ['a*b*b', 'abb', true],
    ['**', '', true],
    ['abc', 'abcd', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(fitsGlob(pattern, text)).toBe(expected);
  });
});
