/** The allow-lists: nothing a person typed goes on from the parser unless it passes here. */
import type { Span, Word } from './command.ts';
import { didYouMean } from './suggest.ts';

/** Text of a line and where it starts, counted from 1. */
export interface Piece {
  text: string;
  column: number;
}

/** What is wrong with a value, and where in it. */
export interface BadValue extends Span {
  message: string;
  hint: string | null;
}

/** What kinds of values there are; `export` names and values have rules of their own. */
export type ValueKind =
  | 'arch'
  | 'accel'
  | 'repo'
  | 'inst'
  | 'job'
  | 'confirm'
  | 'export-name'
  | 'export-value';

interface ValueRule {
  noun: string;
  /** One allowed character; `whole` is asked only when every character passed. */
  char: RegExp;
  whole: RegExp;
  /** What `whole` wants, for the sentence. */
  shape: string;
  longest: number;
  /** What to write instead where nothing better is known. */
  remedy: string;
  canonical(text: string): string;
}

const asTyped = (text: string) => text;

const RULES: Readonly<Record<ValueKind, ValueRule>> = {
  arch: {
    noun: 'a target',
    char: /[A-Za-z0-9_./*-]/,
    whole: /^[A-Za-z0-9*][A-Za-z0-9_./*-]*$/,
    shape: 'starts with a letter or digit',
    longest: 128,
    remedy: 'as in arch=x86_64/amd/zen2',
    canonical: (text) => text.replaceAll('-', '/'),
  },
  accel: {
    noun: 'an accelerator',
    char: /[A-Za-z0-9_./=+*-]/,
    whole: /^[A-Za-z0-9*][A-Za-z0-9_./=*-]*(?:\+[A-Za-z0-9*][A-Za-z0-9_./=*-]*)*$/,
    shape: 'is one name, or several joined by +',
    longest: 128,
    remedy: 'as in accel=nvidia/cc80',
    canonical: (text) => text.replaceAll('=', '/'),
  },
  repo: {
    noun: 'a repository',
    char: /[A-Za-z0-9_.+/*-]/,
    whole: /^[A-Za-z0-9*][A-Za-z0-9_.+/*-]*$/,
    shape: 'starts with a letter or digit',
    longest: 128,
    remedy: 'as in repo:2025.06',
    canonical: asTyped,
  },
  inst: {
    noun: 'an instance',
    char: /[A-Za-z0-9_.-]/,
    whole: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    shape: 'starts with a letter or digit',
    longest: 128,
    remedy: 'as in inst:site-a',
    canonical: asTyped,
  },
  job: {
    noun: 'a job',
    char: /[0-9]/,
    whole: /^[1-9][0-9]*$/,
    shape: 'is a number from 1 on',
    longest: 15,
    remedy: 'the number of a build, as in job:17',
    canonical: asTyped,
  },
  confirm: {
    noun: 'what is confirmed',
    char: /[A-Za-z0-9.@-]/,
    whole: /^[A-Za-z0-9][A-Za-z0-9.-]*@[1-9][0-9]{0,14}$/,
    shape: 'is a repository and its revision',
    longest: 128,
    remedy: 'as in confirm=software.eessi.io@42',
    canonical: asTyped,
  },
  'export-name': {
    noun: 'the name of a variable',
    char: /[A-Za-z0-9_]/,
    whole: /^[A-Za-z_][A-Za-z0-9_]*$/,
    shape: 'starts with a letter',
    longest: 64,
    remedy: 'as in export:NAME=value',
    canonical: asTyped,
  },
  'export-value': {
    noun: 'the value of a variable',
    char: /[A-Za-z0-9_./:+=@%-]/,
    whole: /^[A-Za-z0-9_./:+=@%-]+$/,
    shape: 'is not empty',
    longest: 256,
    remedy: 'letters, digits and _ . / : + = @ % - are taken',
    canonical: asTyped,
  },
};

/** The value in canonical spelling, or what is wrong with it. Expects a piece that is not empty. */
export function checkValue(kind: ValueKind, piece: Piece): Word | BadValue {
  const rule = RULES[kind];
  const whole = { column: piece.column, length: piece.text.length, hint: rule.remedy };
  let column = piece.column;
  for (const char of piece.text) {
    if (!rule.char.test(char)) {
      const message = `${rule.noun} cannot hold ${char}`;
      return { column, length: char.length, message, hint: remedyFor(char) ?? rule.remedy };
    }
    column += char.length;
  }
  if (piece.text.length > rule.longest) {
    return {
      ...whole,
      message: `${rule.noun} is at most ${rule.longest} characters long`,
      hint: 'write a shorter one',
    };
  }
  if (!rule.whole.test(piece.text)) return { ...whole, message: `${rule.noun} ${rule.shape}` };
  return { text: rule.canonical(piece.text), column: piece.column, length: piece.text.length };
}

function remedyFor(char: string): string | null {
  if (isQuoted(char)) return 'write it without quotes';
  if (/[;|&，、；]/.test(char)) return 'a comma or a blank separates values';
  if (/[!?)(]/.test(char)) return 'leave it out';
  return null;
}

/** Whether there is a mark of quotation in it. */
export function isQuoted(text: string): boolean {
  return /["'`“”‘’„]/.test(text);
}

export function isBadValue(checked: Word | BadValue): checked is BadValue {
  return 'message' in checked;
}

/**
 * One of a fixed list of words, whatever the case of its letters, or what is wrong.
 * @param complaint what is said of another word, up to the word itself
 */
export function checkChoice(complaint: string, piece: Piece, choices: readonly string[]): Word | BadValue {
  const span = { column: piece.column, length: piece.text.length };
  const found = choices.find((choice) => choice === piece.text.toLowerCase());
  if (found !== undefined) return { ...span, text: found };
  return {
    ...span,
    message: `${complaint} ${shown(piece.text)}`,
    hint: didYouMean(piece.text, choices),
  };
}

const LONGEST_SHOWN = 40;

/** What was typed, cut to what a sentence bears. */
export function shown(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
