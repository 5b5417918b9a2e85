import type { Command } from './command.ts';
import type { CommandName } from './command-table.ts';
import type { Action } from './permission.ts';

/** Commands that change something, and the right each takes; the others are for everyone. */
const NEEDS: Partial<Record<CommandName, Action>> = {
  build: 'build',
  cancel: 'cancel',
  deploy: 'deploy',
  drop: 'deploy',
  priority: 'priority',
  retry: 'build',
};

/** The right a command takes; confirming a rollback is the second pair of eyes. */
export function rightFor({ name, filters, reason }: Command): Action | null {
  if (name === 'deploy' && reason !== null) return 'despite_tests';
  if (name === 'rollback') return filters.confirm.length > 0 ? 'approve' : 'deploy';
  return rightOfName(name);
}

/** The right a command takes of which nothing but the name is understood. */
export function rightOfName(name: CommandName): Action | null {
  return NEEDS[name] ?? null;
}
