/** What software is built for: an operating system, a CPU microarchitecture and, where asked for, accelerators. */
import type { RequestLimits } from './request-limits.ts';

export interface Target {
  os: 'linux' | 'macos';
  /** CPU path below the operating system, as in the repository: `x86_64/amd/zen2`. */
  cpu: string;
  /** `nvidia/cc80`, several joined by `+`, or null for none. */
  accelerator: string | null;
}

/** One stable text for a target, used as a key and shown to people: `x86_64/amd/zen2`, `x86_64/amd/zen2+nvidia/cc80`. */
export function targetName(target: Target): string {
  const cpu = target.os === 'linux' ? target.cpu : `${target.os}/${target.cpu}`;
  return target.accelerator === null ? cpu : `${cpu}+${target.accelerator}`;
}

/** The short name people type for a CPU path: its last part (`zen2`), or with the family where that is ambiguous alone. */
export function shortCpu(cpu: string): string {
  const parts = cpu.split('/');
  const last = parts.at(-1) ?? cpu;
  return last === 'generic' ? cpu : last;
}

/** A CernVM-FS repository and a stack version in it, which builds are made for. */
export interface RepositoryTarget {
  /** The site's name for it, as people type it in `repo:`; `eessi.io-2025.06-software`. */
  id: string;
  /** The CernVM-FS repository: `software.eessi.io`. */
  name: string;
  /** The stack version, `YYYY.MM` or `YYYYMMDD`. */
  version: string;
  /** Container image the build scripts may use; empty when the site has none. */
  container: string;
}

/** What a pool of build nodes can build: enough to plan, nothing of how it is reached. */
export interface PoolOffer {
  name: string;
  os: Target['os'];
  /** CPU of the pool's nodes. */
  cpu: string;
  /** CPU targets it may build for; its own when the site says nothing else. */
  buildsFor: readonly string[];
  /** Accelerators of its nodes (`nvidia/cc80`); a pool that has any is used only when one is asked for. */
  accelerators: readonly string[];
  /** Repository target ids it may build for. */
  repositories: readonly string[];
}

/** Everything a command can refer to on this instance. */
export interface Catalogue {
  /** Name of this running Stratobot, as in `inst:`. */
  instance: string;
  pools: readonly PoolOffer[];
  repositories: readonly RepositoryTarget[];
  /** Variables that `export:` may set. */
  exportable: readonly string[];
  /** Beyond these a comment is refused as a whole. */
  limits: RequestLimits;
}
