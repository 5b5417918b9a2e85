import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { silent } from './job-bench.ts';
import { type OpenSsh, openSshMissing, startOpenSsh } from './openssh.ts';
import { newKey, startSshNode } from './ssh-node.ts';

/** A transport to a folder of this machine. */
export interface TransportBench {
  transport: Transport;
  folder: string;
  close(): Promise<void>;
}

/** A new folder for a test’s files. */
export const temp = () => mkdtemp(join(tmpdir(), 'stratobot-transport-'));

async function local(): Promise<TransportBench> {
  const folder = await temp();
  const transport = localTransport();
  return {
    transport,
    folder,
    close: async () => {
      await transport.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function inProcess(): Promise<TransportBench> {
  const folder = await temp();
  const key = newKey();
  const node = await startSshNode({ root: folder, authorizedKey: key.public });
  const transport = sshTransport({ ...node, identity: { privateKey: key.private }, log: silent });
  return {
    transport,
    folder,
    close: async () => {
      await transport.close();
      await node.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Through a jump host, with a locked key. */
async function jumped(): Promise<TransportBench> {
  const folder = await temp();
  const key = newKey('open sesame');
  const [jump, node] = await Promise.all(
    [1, 2].map(() => startSshNode({ root: folder, authorizedKey: key.public })),
  );
  if (jump === undefined || node === undefined) throw new Error('two nodes were started');
  const identity = { privateKey: key.private, passphrase: 'open sesame' };
  const transport = sshTransport({ ...node, identity, jump: [{ ...jump, identity }], log: silent });
  return {
    transport,
    folder,
    close: async () => {
      await transport.close();
      await node.close();
      await jump.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openSsh(): Promise<TransportBench> {
  const node: OpenSsh = await startOpenSsh();
  const transport = sshTransport({ ...node, identity: { privateKey: node.privateKey }, log: silent });
  return {
    transport,
    folder: node.root,
    close: async () => {
      await transport.close();
      await node.close();
    },
  };
}

/** Resolves when a file has been written. */
export async function appears(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Resolves when a process is no longer running. */
export async function ends(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat === '' || /\) [ZX]/.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const openSshName = openSshMissing() ? 'OpenSSH (skipped: install openssh-server)' : 'OpenSSH';
/** OpenSSH passes no signals on to the commands of root. */
const signals = process.getuid?.() !== 0;
/**
 * Every transport there is: its name, how to open it, whether it runs here, and whether it ends what it gave up.
 */
export const transportBenches: [string, () => Promise<TransportBench>, { runs: boolean; kills: boolean }][] =
  [
    ['local', local, { runs: true, kills: true }],
    ['ssh in process', inProcess, { runs: true, kills: true }],
    ['ssh in process, behind a jump host', jumped, { runs: true, kills: true }],
    [openSshName, openSsh, { runs: !openSshMissing(), kills: signals }],
  ];
