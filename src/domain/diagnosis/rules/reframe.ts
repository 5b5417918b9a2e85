import { code } from '../text.ts';
import type { Rule } from '../types.ts';

/** ReFrame, beside the names of failed tests, which reader.ts collects. */
export const REFRAME_RULES: readonly Rule[] = [
  {
    name: 'reframe-failed',
    class: 'test',
    rank: 'cause',
    hints: ['reframe', 'could not load configuration'],
    pattern:
      /(?:^|\] )(?:reframe: error: |ERROR: .{0,40}reframe.{0,40}: |ERROR: failed to (?:load|run) )(.{1,300})|could not load configuration file: (.{1,300})/i,
    say: ({ groups, text }) => `ReFrame did not start: ${code(groups.find((one) => one !== '') ?? text)}`,
  },
];
