import type { NodeNow } from '../domain/node-now.ts';
import type { Catalogue, PoolOffer } from '../domain/target.ts';
import { clockTime, code, count, details, linesWithin } from './markdown.ts';
import { targetsLine } from './mistakes.ts';

/** More pools than this are folded away, but for those that have trouble. */
const MANY = 16;
/** Characters for the rows of pools, and for the lines of nodes; a comment of GitHub holds 65,536. */
const POOLS_ROOM = 35_000;
const NODES_ROOM = 20_000;

/** `bot: show_config`: what this instance can build, where, and what is free there. */
export function showConfig(catalogue: Catalogue, nodes: readonly NodeNow[]): string {
  const { instance, pools } = catalogue;
  const lines = linesWithin(
    nodes.map((node) => `- ${code(node.name)}: ${nodeWords(node)}`),
    NODES_ROOM,
  );
  if (lines.length < nodes.length) lines.push(`- … and ${count(nodes.length - lines.length, 'more node')}`);
  const what = `What ${code(instance)} builds for`;
  return [
    ...(pools.length > MANY
      ? [`${what}: ${sum(catalogue, nodes)}.`, targetsLine(catalogue), ...folded(catalogue, nodes)]
      : [`${what}:`, table(pools, catalogue, nodes)]),
    repositories(catalogue),
    details(count(nodes.length, 'node'), lines.join('\n')),
  ].join('\n\n');
}

/** `60 targets in 60 pools, 240 of 480 slots free`. */
function sum({ pools }: Catalogue, nodes: readonly NodeNow[]): string {
  const targets = new Set(pools.flatMap(({ buildsFor }) => buildsFor)).size;
  const all = slotsOf(nodes.filter(isUsed));
  const free = all.slots === 0 ? 'no slot free' : `${all.free} of ${count(all.slots, 'slot')} free`;
  return `${count(targets, 'CPU target')} in ${count(pools.length, 'pool')}, ${free}`;
}

/** Pools in trouble stand open where they are few. */
function folded(catalogue: Catalogue, nodes: readonly NodeNow[]): string[] {
  const inTrouble = ({ name }: PoolOffer) => nodes.some((node) => node.pool === name && !isUsed(node));
  const [bad, good] = [catalogue.pools.filter(inTrouble), catalogue.pools.filter((p) => !inTrouble(p))];
  const rows = (pools: readonly PoolOffer[]) => table(pools, catalogue, nodes);
  const title = (pools: readonly PoolOffer[], words: string) => `${count(pools.length, 'pool')} ${words}`;
  return [
    ...(bad.length === 0
      ? []
      : bad.length > MANY
        ? [details(`⚠️ ${title(bad, 'with nodes that take no builds')}`, rows(bad))]
        : [rows(bad)]),
    ...(good.length > 0 ? [details(title(good, 'with all their nodes'), rows(good))] : []),
  ];
}

function table(pools: readonly PoolOffer[], catalogue: Catalogue, nodes: readonly NodeNow[]): string {
  const rows = pools.map((pool) => {
    const every = pool.repositories.length > 1 && pool.repositories.length === catalogue.repositories.length;
    const cells = [
      code(pool.name),
      pool.buildsFor.map((cpu) => code(cpu)).join(', '),
      pool.accelerators.map((name) => code(name)).join(', '),
      every ? 'all' : pool.repositories.map((id) => code(id)).join(', '),
      health(pool, nodes),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const shown = linesWithin(rows, (POOLS_ROOM * pools.length) / catalogue.pools.length);
  const more = rows.length - shown.length;
  return [
    [
      '| pool | targets | accelerators | repositories | free |',
      '| --- | --- | --- | --- | --- |',
      ...shown,
    ].join('\n'),
    ...(more > 0 ? [`${count(more, 'more pool')}, which this comment has no room for.`] : []),
  ].join('\n\n');
}

/** Whether it gets builds. */
function isUsed({ unreachableUntil, refusal, health: { kind }, nearlyFull }: NodeNow): boolean {
  return unreachableUntil === null && refusal === null && kind !== 'aside' && !nearlyFull;
}

function slotsOf(nodes: readonly NodeNow[]): { slots: number; free: number } {
  return {
    slots: nodes.reduce((sum, node) => sum + node.slots, 0),
    free: nodes.reduce((sum, node) => sum + Math.max(0, node.slots - node.jobs), 0),
  };
}

function health({ name }: PoolOffer, nodes: readonly NodeNow[]): string {
  const own = nodes.filter(({ pool }) => pool === name);
  const there = own.filter(({ unreachableUntil, refusal }) => unreachableUntil === null && refusal === null);
  if (own.length > 0 && there.length === 0) return '❌ no node can be reached';
  const used = there.filter(isUsed);
  const { slots, free } = slotsOf(used);
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
