import { DOWNLOAD_RULES } from './rules/download.ts';
import { EASYBUILD_RULES } from './rules/easybuild.ts';
import { NODE_RULES } from './rules/node.ts';
import { REFRAME_RULES } from './rules/reframe.ts';
import { TOOL_RULES } from './rules/tools.ts';
import type { Rule } from './types.ts';

/** The table. Of the rules that know a line, the first one speaks. */
export const RULES: readonly Rule[] = [
  ...NODE_RULES,
  ...DOWNLOAD_RULES,
  ...EASYBUILD_RULES,
  ...TOOL_RULES,
  ...REFRAME_RULES,
];

const HINTS = [...new Set(RULES.flatMap((rule) => rule.hints))];
const ANY_HINT = new RegExp(HINTS.map((hint) => hint.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'i');

/** The rule for a line, with its match; null for nearly all lines. */
export function ruleFor(text: string): { rule: Rule; match: RegExpExecArray } | null {
  if (!ANY_HINT.test(text)) return null;
  const lower = text.toLowerCase();
  for (const rule of RULES) {
    if (!rule.hints.some((hint) => lower.includes(hint))) continue;
    const match = rule.pattern.exec(text);
    if (match !== null && !rule.unless?.test(text)) return { rule, match };
  }
  return null;
}
