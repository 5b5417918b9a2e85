import type { NodeNow } from '../domain/node-now.ts';
import type { Catalogue, PoolOffer } from '../domain/target.ts';
import { clockTime, code, count, details } from './markdown.ts';

/** `bot: show_config`: what this instance can build, where, and what is free there. */
export function showConfig(catalogue: Catalogue, nodes: readonly NodeNow[]): string {
  const rows = catalogue.pools.map((pool) => {
    const cells = [
      code(pool.name),
      pool.buildsFor.map((cpu) => code(cpu)).join(', '),
      pool.accelerators.map((name) => code(name)).join(', '),
      pool.repositories.map((id) => code(id)).join(', '),
      health(pool, nodes),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = [
    '| pool | targets | accelerators | repositories | free |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  const lines = nodes.map((node) => `- ${code(node.name)}: ${nodeWords(node)}`).join('\n');
  return [
    `What ${code(catalogue.instance)} builds for:`,
    table,
    repositories(catalogue),
    details(`${count(nodes.length, 'node')}`, lines),
  ].join('\n\n');
}

function health({ name }: PoolOffer, nodes: readonly NodeNow[]): string {
  const own = nodes.filter(({ pool }) => pool === name);
  const there = own.filter(({ unreachableUntil, refusal }) => unreachableUntil === null && refusal === null);
  if (own.length > 0 && there.length === 0) return '❌ no node can be reached';
  const slots = there.reduce((sum, node) => sum + node.slots, 0);
  const free = there.reduce((sum, node) => sum + Math.max(0, node.slots - node.jobs), 0);
  const missing = own.length - there.length;
  return `${free} of ${count(slots, 'slot')}${missing > 0 ? `, ⚠️ ${count(missing, 'node')} unreachable` : ''}`;
}

function nodeWords({ slots, jobs, unreachableUntil, refusal, nearlyFull }: NodeNow): string {
  const busy = `${jobs} of ${count(slots, 'slot')} in use`;
  if (refusal !== null) return `refused, because its host key or the bot's is not the one expected; ${busy}`;
  if (unreachableUntil !== null)
    return `cannot be reached, asked again at ${clockTime(unreachableUntil)}; ${busy}`;
  return nearlyFull ? `nearly full, so it gets no new builds; ${busy}` : busy;
}

function repositories({ repositories: all }: Catalogue): string {
  const lines = all.map(({ id, name, version }) => `- ${code(id)}: ${code(`${name} ${version}`)}`);
  return `Repositories:\n\n${lines.join('\n')}`;
}
