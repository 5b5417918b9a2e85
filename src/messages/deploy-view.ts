/** What a reviewer of a deploy is shown, and how much of it. */
import type { Artifact } from '../domain/artifact.ts';
import type { TestOutcome } from '../domain/build.ts';
import type { Deploy } from '../domain/deploy.ts';
import { code, list } from './markdown.ts';

/** One artifact as the reviewer of a deploy sees it. */
export interface DeployRow {
  target: string;
  /** Of the stack: `2025.06`. */
  version: string;
  artifact: Artifact;
  tests: TestOutcome;
  /** `pool/node` */
  node: string;
  buildId: number;
  /** Who asked for the build. */
  askedBy: string;
}

export interface DeployView {
  deploy: Deploy;
  rows: readonly DeployRow[];
  /** Who may approve, in words, from whoMay(). */
  approvers: string;
  /** Approvals by different people that it takes. */
  needed: number;
  /** The bot that built it all. */
  instance: string;
}

/** The file of a deploy PR with all there is to show. */
export const OVERVIEW_FILE = 'overview.md';

/** How much of a deploy is shown; what is left out is left out in whole rows, and is in the overview file. */
export interface Detail {
  /** Characters for the columns of the matrix of modules; where targets need more, those that bring the same share one. */
  width: number;
  /** Rows of the matrix, and rows below it that are folded. */
  modules: number;
  folded: number;
  /** Rows of tables with one for each tarball. */
  tarballs: number;
  /** Longest name. */
  name: number;
  /** Names in one list of a tarball's contents; 0: no such lists. */
  listed: number;
  replaced: number;
  links: boolean;
}

/** Names of columns and rows: of each no more than it takes to tell the targets of this deploy apart. */
export function targetNames(rows: readonly DeployRow[]): (row: DeployRow) => string {
  const full = new Set(rows.map(({ target }) => target));
  const alike = Map.groupBy(full, lastPart);
  const versions = new Set(rows.map(({ version }) => version)).size > 1;
  return ({ target, version }) => {
    const short = lastPart(target);
    return `${alike.get(short)?.length === 1 ? short : target}${versions ? ` ${version}` : ''}`;
  };
}

/** `zen2` of `x86_64/amd/zen2`, `zen3+nvidia/cc80` of `x86_64/amd/zen3+nvidia/cc80`. */
function lastPart(target: string): string {
  const [cpu = '', ...accelerators] = target.split('+');
  return [cpu.slice(cpu.lastIndexOf('/') + 1), ...accelerators].join('+');
}

/** Names in a sentence: the first ones, and how many more there are. */
export function someNames(names: readonly string[], most: number, limit: number): string {
  const shown = names.slice(0, Math.max(1, most)).map((name) => code(name, limit));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more.toLocaleString('en-US')} more` : list(shown);
}

/** Where to find what was left out. */
export function restIn(what: string): string {
  return `${what}: ${code(OVERVIEW_FILE)} among the files of this pull request names them.`;
}
