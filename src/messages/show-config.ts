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
  const used = there.filter((node) => node.health.kind !== 'aside' && !node.nearlyFull);
  const slots = used.reduce((sum, node) => sum + node.slots, 0);
  const free = used.reduce((sum, node) => sum + Math.max(0, node.slots - node.jobs), 0);
  const missing = own.length - there.length;
  const full = there.filter(({ nearlyFull }) => nearlyFull).length;
  const aside = there.length - used.length - full;
  const words = [
    slots === 0 ? 'none' : `${free} of ${count(slots, 'slot')}`,
    ...(missing > 0 ? [`⚠️ ${count(missing, 'node')} unreachable`] : []),
    ...(full > 0 ? [`⚠️ ${count(full, 'node')} nearly full`] : []),
    ...(aside > 0 ? [`⚠️ ${count(aside, 'node')} set aside`] : []),
  ];
  return words.join(', ');
}

function nodeWords({ slots, jobs, unreachableUntil, refusal, nearlyFull, health }: NodeNow): string {
  const busy = `${jobs} of ${count(slots, 'slot')} in use`;
  if (refusal !== null) return `refused, because its host key or the bot's is not the one expected; ${busy}`;
  if (unreachableUntil !== null)
    return `cannot be reached, asked again at ${clockTime(unreachableUntil)}; ${busy}`;
  if (nearlyFull) return `nearly full, so it gets no new builds; ${busy}`;
  if (health.kind === 'aside')
    return `set aside after three failures of its own in a row, tried again at ${clockTime(health.until)}; ${busy}`;
  return health.kind === 'on-trial' ? `tried again after failures, with one build at a time; ${busy}` : busy;
}

function repositories({ repositories: all }: Catalogue): string {
  const lines = all.map(({ id, name, version }) => `- ${code(id)}: ${code(`${name} ${version}`)}`);
  return `Repositories:\n\n${lines.join('\n')}`;
}
