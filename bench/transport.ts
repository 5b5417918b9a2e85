import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Transport } from '../src/ports.ts';
import { sshTransport } from '../src/transport/ssh.ts';
import { silent } from '../test/harness/log.ts';
import { type OpenSsh, startOpenSsh } from '../test/harness/openssh.ts';
import { figure, type Report } from './report.ts';

const RUNS = 5;
const BYTES = 300 * 1_000_000;
const TIMEOUT_MS = 120_000;
const NATIVE = 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node';

/** A file of 300 MB from a real OpenSSH by our transport, beside OpenSSH's own client on the same server. */
export async function transport(): Promise<Report> {
  process.stderr.write(`ssh2's native crypto: ${nativeCrypto() ? 'in use' : 'not there'}\n`);
  const server = await startOpenSsh();
  const way = sshTransport({ ...server, identity: { privateKey: server.privateKey }, log: silent });
  const ours: number[] = [];
  const peers: number[] = [];
  try {
    const file = join(server.root, 'tarball');
    await fill(file);
    await writeKey(server);
    for (let run = 0; run <= RUNS; run += 1) {
      const peer = await speed(() => sshCat(server, file));
      const own = await speed(() => stream(way, file));
      if (run === 0) continue; // warms up the connection, the code and the page cache
      peers.push(peer);
      ours.push(own);
    }
  } finally {
    await way.close();
    await server.close();
  }
  const peer = figure('ssh host cat', 'MB/s', peers);
  return { bench: 'transport', figures: [peer, figure('stream', 'MB/s', ours, peer)] };
}

/** Whether ssh2 found its native part; it goes without when that was not built, or for another Node. */
function nativeCrypto(): boolean {
  try {
    createRequire(import.meta.url)(NATIVE);
    return true;
  } catch {
    return false;
  }
}

/** Bytes that compress badly, like a tarball's. */
async function fill(path: string): Promise<void> {
  const block = crypto.getRandomValues(new Uint8Array(60_000));
  const file = await open(path, 'w');
  for (let written = 0; written < BYTES; written += block.length) await file.write(block);
  await file.close();
}

async function writeKey({ root, privateKey, host, port, hostKey }: OpenSsh): Promise<void> {
  await writeFile(join(root, 'identity'), privateKey, { mode: 0o600 });
  await writeFile(join(root, 'known_hosts'), `[${host}]:${port} ${hostKey}\n`);
}

/** MB/s of a transfer, its start included. */
async function speed(transfer: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const bytes = await transfer();
  if (bytes !== BYTES) throw new Error(`${bytes} bytes came of ${BYTES}`);
  return bytes / 1_000 / (performance.now() - start);
}

async function stream(way: Transport, file: string): Promise<number> {
  return count(await way.stream(['cat', file], { timeoutMs: TIMEOUT_MS }));
}

/** OpenSSH's client with its own choice of cipher; a connection of its own, as people use it. */
async function sshCat({ root, host, port, user }: OpenSsh, file: string): Promise<number> {
  const options = [
    '-F',
    'none',
    '-i',
    join(root, 'identity'),
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const known = ['-o', `UserKnownHostsFile=${join(root, 'known_hosts')}`];
  const argv = [...options, ...known, '-p', String(port), `${user}@${host}`, 'cat', file];
  const child = spawn('ssh', argv, { stdio: ['ignore', 'pipe', 'inherit'], timeout: TIMEOUT_MS });
  const exited = once(child, 'exit');
  const bytes = await count(child.stdout);
  const [code] = await exited;
  if (code !== 0) throw new Error(`ssh ended with code ${code}`);
  return bytes;
}

async function count(source: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of source) bytes += (chunk as Buffer).length;
  return bytes;
}
