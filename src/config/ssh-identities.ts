/** Who the bot is on each host it reaches by SSH: keys, what opens them, agents. Read before the first build needs them. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SshIdentity } from './config.ts';
import type { ConfigDocument, Path, Wording } from './document.ts';
import type { Problem } from './problems.ts';
import type { ConfigFile } from './schema.ts';
import { type Environment, type KeyFlaw, readPrivateFile } from './secrets.ts';

type Ssh = NonNullable<ConfigFile['pools'][number]['nodes'][number]['ssh']>;

/** A node's or a jump host's part of the file. */
export type SshPlace = Ssh | Ssh['jump'][number];

export type Identities = ReadonlyMap<SshPlace, SshIdentity>;

interface Surroundings {
  /** What relative paths start from. */
  folder: string;
  env: Environment;
  /** For locked keys without a passphrase of their own. */
  passphrase: string | null;
  keyFlaw: KeyFlaw | undefined;
}

/** The identity for every host that has one; a problem is added for each that cannot be used. */
export async function readIdentities(
  document: ConfigDocument,
  file: ConfigFile,
  surroundings: Surroundings,
  problems: Problem[],
): Promise<Identities> {
  const identities = new Map<SshPlace, SshIdentity>();
  for (const { ssh, path } of hostsOf(file)) {
    const own = await identityOf(document, ssh, path, surroundings, problems);
    if (own !== null) identities.set(ssh, own);
    for (const [index, hop] of ssh.jump.entries()) {
      // A jump host without a key of its own is entered as the host behind it is.
      const at = [...path, 'jump', index];
      const identity =
        hop.identity_file === undefined ? own : await identityOf(document, hop, at, surroundings, problems);
      if (identity !== null) identities.set(hop, identity);
    }
  }
  return identities;
}

/** Build nodes and Stratum 0s that are reached by SSH, and where the file says so. */
function hostsOf(file: ConfigFile): { ssh: Ssh; path: Path }[] {
  const nodes = file.pools.flatMap((pool, poolIndex) =>
    pool.nodes.map(({ ssh }, index) => ({ ssh, path: ['pools', poolIndex, 'nodes', index, 'ssh'] })),
  );
  const servers = file.publishers.map(({ cvmfs }, index) => ({
    ssh: cvmfs?.ssh,
    path: ['publishers', index, 'cvmfs', 'ssh'],
  }));
  return [...nodes, ...servers].flatMap(({ ssh, path }) => (ssh === undefined ? [] : [{ ssh, path }]));
}

async function identityOf(
  document: ConfigDocument,
  place: SshPlace,
  path: Path,
  surroundings: Surroundings,
  problems: Problem[],
): Promise<SshIdentity | null> {
  const complain = (key: string, what: Pick<Wording, 'found' | 'suggestion'>) => {
    problems.push(document.atValue([...path, key], { expected: null, ...what }));
    return null;
  };
  if (place.identity_file !== undefined) {
    const { identity_file, passphrase_file } = place;
    const privateKey = await readPrivateFile(resolve(surroundings.folder, identity_file));
    if (typeof privateKey !== 'string') {
      const found = `\`${identity_file}\` ${privateKey.found}`;
      return complain('identity_file', { found, suggestion: privateKey.suggestion });
    }
    let passphrase = surroundings.passphrase;
    if (passphrase_file !== undefined) {
      const content = await readPrivateFile(resolve(surroundings.folder, passphrase_file));
      if (typeof content !== 'string') {
        const found = `\`${passphrase_file}\` ${content.found}`;
        return complain('passphrase_file', { found, suggestion: content.suggestion });
      }
      passphrase = content.trim();
    }
    const flaw = surroundings.keyFlaw?.(privateKey, passphrase ?? undefined) ?? null;
    if (flaw !== null) return complain('identity_file', keyProblem(flaw, identity_file, passphrase_file));
    return { privateKey, ...(passphrase === null ? {} : { passphrase }) };
  }
  if (!('agent' in place) || place.agent === undefined) return null;
  return agentOf(place.agent, surroundings, (what) => complain('agent', what));
}

function keyProblem(
  flaw: NonNullable<ReturnType<KeyFlaw>>,
  key: string,
  passphraseFile: string | undefined,
): Pick<Wording, 'found' | 'suggestion'> {
  switch (flaw) {
    case 'unreadable':
      return {
        found: `\`${key}\` holds no private key that can be used`,
        suggestion: 'make one with `ssh-keygen -t ed25519`',
      };
    case 'locked':
      return {
        found: `\`${key}\` is locked with a passphrase, and none is given`,
        suggestion: 'set `STRATOBOT_SSH_PASSPHRASE_FILE`, or `passphrase_file` beside it',
      };
    case 'wrong passphrase': {
      const source = passphraseFile ?? 'STRATOBOT_SSH_PASSPHRASE';
      return {
        found: `the passphrase in \`${source}\` does not open \`${key}\``,
        suggestion: 'try it with `ssh-keygen -y -f` and the key',
      };
    }
  }
}

async function agentOf(
  agent: true | string,
  { env, folder }: Surroundings,
  complain: (what: Pick<Wording, 'found' | 'suggestion'>) => null,
): Promise<SshIdentity | null> {
  const named = agent === true ? env.SSH_AUTH_SOCK : agent;
  if (!named) {
    return complain({
      found: 'there is no agent: `SSH_AUTH_SOCK` is not set',
      suggestion: 'start the bot where an ssh-agent is, or name the path of its socket',
    });
  }
  const socket = resolve(folder, named);
  const found = await stat(socket).catch(() => null);
  if (found?.isSocket()) return { agent: socket };
  return complain({
    found: `\`${named}\` is not the socket of an agent`,
    suggestion: 'start ssh-agent, or mend the path',
  });
}
