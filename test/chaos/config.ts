/** What the bots are told of their nodes. */
import type { OpenSsh } from '../harness/openssh.ts';

/** Where builds run: two nodes with plain processes, two partitions of a Slurm. */
export const TARGETS = [
  'x86_64/amd/zen2',
  'x86_64/amd/zen3',
  'x86_64/amd/zen4',
  'aarch64/neoverse_n1',
] as const;

export function pools(nodes: readonly { sshd: OpenSsh; folder: string; identity: string }[]): object[] {
  return TARGETS.map((arch, index) => {
    const bySlurm = arch === 'x86_64/amd/zen3' || arch === 'aarch64/neoverse_n1';
    const { sshd, folder, identity } = nodes[bySlurm ? 1 : 0] ?? nodes[0] ?? fail();
    const { host, port, user, hostKey } = sshd;
    const name = arch.split('/').at(-1) ?? arch;
    const partition = arch === 'aarch64/neoverse_n1' ? 'n1' : 'zen3';
    return {
      name,
      arch,
      jobs_dir: folder,
      time_limit: '10m',
      nodes: [
        {
          name: `node-${index + 1}`,
          slots: 4,
          ssh: { host, port, user, host_key: hostKey, identity_file: identity },
        },
      ],
      ...(bySlurm ? { scheduler: 'slurm', sbatch_options: [`--partition=${partition}`, '--mem=20'] } : {}),
    };
  });
}

function fail(): never {
  throw new Error('there is no such node');
}
