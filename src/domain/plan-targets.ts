/** Which targets a build command names, and which pools can build each. */
import type { Command, MistakeCode, NodeFilter, Span, Word } from './command.ts';
import { shown } from './filter-values.ts';
import { type Match, matchPath, shortNames } from './match-target.ts';
import { type Catalogue, type PoolOffer, shortCpu, type Target } from './target.ts';

/** Tells a mistake of the command at hand. */
export type Report = (
  span: Span,
  code: MistakeCode,
  message: string,
  extra?: { hint?: string | null; choices?: readonly string[] },
) => void;

export interface ChosenTarget {
  target: Target;
  /** Pools that can build it, in catalogue order. */
  pools: PoolOffer[];
  /** True when it was not named itself, but matched `all` or a star. */
  byPattern: boolean;
}

/** One accelerator (or several joined by `+`, or none) that was asked for. */
interface ChosenAccelerator {
  name: string | null;
  byPattern: boolean;
}

/** What a pool can build: a CPU path with the operating system in front where it is not Linux. */
interface Offer {
  name: string;
  cpu: string;
  pool: PoolOffer;
}

/**
 * Without `on:` a target is built on nodes of its own CPU; with it, on the nodes it names, whose pools must list the
 * target in `buildsFor`. Nodes with accelerators are used only when one is asked for, of the nodes by `on:` where it stands.
 */
export function chooseTargets(command: Command, catalogue: Catalogue, report: Report): ChosenTarget[] {
  const { filters } = command;
  const wanted = filters.for ?? (filters.arch.length > 0 ? filters : null);
  if (wanted === null) {
    reportNoTarget(command, catalogue, report);
    return [];
  }
  const nodes = filters.on === null ? null : chooseNodes(filters.on, catalogue, report);
  const accelerators = chooseAccelerators(wanted.accel, catalogue, report);
  if (nodes?.length === 0 || accelerators.length === 0) return [];
  return wanted.arch.flatMap((word) => targetsOf(word, accelerators, nodes, catalogue, report));
}

function targetsOf(
  word: Word,
  accelerators: readonly ChosenAccelerator[],
  nodes: readonly PoolOffer[] | null,
  catalogue: Catalogue,
  report: Report,
): ChosenTarget[] {
  const chosen: ChosenTarget[] = [];
  let tellFailure: (() => void) | null = null;
  for (const { name: accelerator, byPattern } of accelerators) {
    const offers = nodes === null ? ownOffers(catalogue, accelerator) : crossOffers(nodes);
    const match = matchPath(word.text, namesOf(offers));
    if (match.kind === 'matched') {
      for (const name of match.names) {
        const serving = offers.filter((offer) => offer.name === name);
        const [first] = serving;
        if (first === undefined) continue;
        const target = { os: first.pool.os, cpu: first.cpu, accelerator };
        chosen.push({
          target,
          pools: serving.map((offer) => offer.pool),
          byPattern: match.many || byPattern,
        });
      }
      continue;
    }
    const tell = () => reportTarget(word, match, { accelerator, nodes, offers, catalogue }, report);
    if (byPattern) tellFailure ??= tell;
    else tell();
  }
  if (chosen.length === 0) tellFailure?.();
  return chosen;
}

function ownOffers(catalogue: Catalogue, accelerator: string | null): Offer[] {
  return catalogue.pools
    .filter((pool) => fitsAccelerator(pool, accelerator) && pool.buildsFor.includes(pool.cpu))
    .map((pool) => ({ name: cpuName(pool, pool.cpu), cpu: pool.cpu, pool }));
}

function crossOffers(pools: readonly PoolOffer[]): Offer[] {
  return pools.flatMap((pool) => pool.buildsFor.map((cpu) => ({ name: cpuName(pool, cpu), cpu, pool })));
}

/** A pool with accelerators serves only who asks for them, and must have all that are asked for. */
function fitsAccelerator(pool: PoolOffer, accelerator: string | null): boolean {
  if (accelerator === null) return pool.accelerators.length === 0;
  return accelerator.split('+').every((one) => pool.accelerators.includes(one));
}

function cpuName(pool: PoolOffer, cpu: string): string {
  return pool.os === 'linux' ? cpu : `${pool.os}/${cpu}`;
}

function namesOf(offers: readonly Offer[]): string[] {
  return [...new Set(offers.map((offer) => offer.name))];
}

/** Pools whose nodes `on:` names; empty after a mistake. */
function chooseNodes(on: NodeFilter, catalogue: Catalogue, report: Report): PoolOffer[] {
  const accelerators = chooseAccelerators(on.accel, catalogue, report);
  const pools = catalogue.pools.filter((pool) =>
    accelerators.some(({ name }) => fitsAccelerator(pool, name)),
  );
  const names = [...new Set(pools.map((pool) => cpuName(pool, pool.cpu)))];
  const meant = new Set<string>();
  let failed = accelerators.length === 0;
  for (const word of on.arch) {
    const match = matchPath(word.text, names);
    if (match.kind === 'matched') {
      for (const name of match.names) meant.add(name);
      continue;
    }
    if (!failed) reportNode(word, match, names, on.accel.length > 0, report);
    failed = true;
  }
  return failed ? [] : pools.filter((pool) => meant.has(cpuName(pool, pool.cpu)));
}

/** Each accelerator asked for, or one `null` when none was; empty after a mistake. */
function chooseAccelerators(
  words: readonly Word[],
  catalogue: Catalogue,
  report: Report,
): ChosenAccelerator[] {
  if (words.length === 0) return [{ name: null, byPattern: false }];
  const known = [...new Set(catalogue.pools.flatMap((pool) => pool.accelerators))];
  const chosen: ChosenAccelerator[] = [];
  for (const word of words) {
    const matches = word.text.split('+').map((part) => matchPath(part, known));
    const joined = matches.length > 1;
    const wrong = matches.find((match) => match.kind !== 'matched' || (joined && match.many));
    if (wrong !== undefined) {
      reportAccelerator(word, wrong, known, report);
      return [];
    }
    const names = matches.map((match) => (match.kind === 'matched' ? match.names : []));
    if (joined) {
      chosen.push({ name: [...new Set(names.flat())].sort().join('+'), byPattern: false });
    } else {
      const byPattern = matches.some((match) => match.kind === 'matched' && match.many);
      chosen.push(...names.flat().map((name) => ({ name, byPattern })));
    }
  }
  return chosen;
}

function reportNoTarget(command: Command, catalogue: Catalogue, report: Report): void {
  // A target without an accelerator is no answer to who asks for one.
  const pools = catalogue.pools.filter(({ accelerators }) => accelerators.length > 0);
  const offers =
    command.filters.accel.length === 0
      ? ownOffers(catalogue, null)
      : pools.flatMap((pool) => ownOffers({ ...catalogue, pools: [pool] }, pool.accelerators[0] ?? null));
  const choices = shortNames(namesOf(offers));
  const [example = 'TARGET'] = choices;
  const onlyNode = command.filters.on !== null;
  const message = onlyNode
    ? 'on: says where, but not what to build for'
    : 'it does not say what to build for';
  const hint = onlyNode ? `add for:arch=${example}` : `add arch=${example}, or arch=all`;
  report(command, 'no-target', message, { hint, choices });
}

function reportNode(
  word: Word,
  match: Match,
  names: readonly string[],
  accelerated: boolean,
  report: Report,
): void {
  if (match.kind === 'none') {
    const what = accelerated ? 'nodes with that accelerator' : 'nodes without an accelerator';
    const hint = match.suggestion === null ? null : `did you mean ${match.suggestion}?`;
    report(word, 'no-node', `no ${what} match ${shown(word.text)}`, { hint, choices: shortNames(names) });
  } else {
    reportSeveral(word, match, 'nodes', 'ambiguous-target', report);
  }
}

function reportAccelerator(word: Word, match: Match, known: readonly string[], report: Report): void {
  if (match.kind === 'none') {
    const message =
      known.length === 0
        ? 'no nodes here have accelerators'
        : `no accelerator here matches ${shown(word.text)}`;
    const hint = match.suggestion === null ? null : `did you mean ${match.suggestion}?`;
    report(word, 'unknown-accelerator', message, { hint, choices: known });
  } else {
    reportSeveral(word, match, 'accelerators', 'ambiguous-accelerator', report);
  }
}

function reportSeveral(
  word: Word,
  match: Exclude<Match, { kind: 'none' }>,
  noun: string,
  code: MistakeCode,
  report: Report,
): void {
  const typed = shown(word.text);
  if (match.kind === 'family') {
    const message = `${typed} is a family of ${noun}, not one of them`;
    report(word, code, message, { hint: `write ${typed}/* for all of them`, choices: match.names });
  } else {
    report(word, code, `${typed} can mean several ${noun}`, { choices: shortNames(match.names) });
  }
}

interface Asked {
  accelerator: string | null;
  nodes: readonly PoolOffer[] | null;
  offers: readonly Offer[];
  catalogue: Catalogue;
}

function reportTarget(word: Word, match: Match, asked: Asked, report: Report): void {
  if (match.kind !== 'none') {
    reportSeveral(word, match, 'targets', 'ambiguous-target', report);
    return;
  }
  const choices = shortNames(namesOf(asked.offers));
  const elsewhere = matchPath(word.text, namesOf(crossOffers(asked.catalogue.pools)));
  const [name] = elsewhere.kind === 'matched' && !elsewhere.many ? elsewhere.names : [];
  if (name !== undefined) {
    const { message, hint } = whyNot(name, asked);
    report(word, 'no-node', message, { hint, choices });
    return;
  }
  const having = asked.accelerator === null ? '' : ` with ${asked.accelerator}`;
  const hint = match.suggestion === null ? null : `did you mean ${match.suggestion}?`;
  report(word, 'unknown-target', `no target here${having} matches ${shown(word.text)}`, { hint, choices });
}

/** The target exists, but not in this way: says in which. */
function whyNot(name: string, asked: Asked): { message: string; hint: string | null } {
  const { accelerator, nodes, catalogue } = asked;
  if (nodes !== null) return { message: `${name} is not built on the nodes that on: names`, hint: null };
  const serving = crossOffers(catalogue.pools).filter((offer) => offer.name === name);
  const own = serving.find((offer) => offer.pool.cpu === offer.cpu);
  if (own === undefined) {
    const builder = serving.find((offer) => fitsAccelerator(offer.pool, accelerator)) ?? serving[0];
    const extra = builder?.pool.accelerators[0];
    const on = builder === undefined ? '' : shortCpu(builder.pool.cpu);
    const hint = `write on:arch=${on}${extra === undefined ? '' : `,accel=${extra}`} for:arch=${name}`;
    return { message: `there are no nodes of ${name} here, others build for it`, hint };
  }
  if (accelerator === null) {
    const [extra = ''] = own.pool.accelerators;
    return { message: `nodes of ${name} here all have accelerators`, hint: `add accel=${extra}` };
  }
  return { message: `no nodes of ${name} here have ${accelerator}`, hint: null };
}
