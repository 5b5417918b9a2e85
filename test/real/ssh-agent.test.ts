import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { silent as log } from '../harness/log.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';

/** In CI it must be there, so there the tests run and fail without it. */
const [AGENT, ADD] = ['/usr/bin/ssh-agent', '/usr/bin/ssh-add'];
const missing = !existsSync(AGENT) && process.env.CI !== 'true';
const name = missing ? 'an SSH agent (skipped: install openssh-client)' : 'an SSH agent';
const timeoutMs = 10_000;

// A laptop need not have an agent; in CI the tests run, and fail without it.
describe.runIf(!missing)(name, () => {
  const key = newKey();
  let root: string;
  let socket: string;
  let agent: ChildProcess;
  let node: SshNode;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stratobot-agent-'));
    socket = join(root, 'agent');
    agent = spawn(AGENT, ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(agent.stdout ?? agent, 'data'); // it names its socket once that is there
    node = await startSshNode({ root, authorizedKey: key.public });
    closing.push(() => node.close());
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    if (agent.exitCode === null && agent.signalCode === null) {
      agent.kill();
      await once(agent, 'exit');
    }
    await rm(root, { recursive: true });
  });

  async function add(privateKey: string): Promise<void> {
    const child = spawn(ADD, ['-q', '-'], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.stdin.end(privateKey);
    expect(await once(child, 'exit')).toEqual([0, null]);
  }

  function dial() {
    const transport = sshTransport({ ...node, identity: { agent: socket }, log });
    closing.push(() => transport.close());
    return transport;
  }

  it('signs with the one of its keys that the host takes', async () => {
    await add(newKey().private);
    await add(key.private);
    const { stdout } = await dial().exec(['echo', 'hello'], { timeoutMs });
    expect(stdout.toString()).toBe('hello\n');
  });

  it('signs for hosts on the way, too', async () => {
    await add(key.private);
    const jump = await startSshNode({ root, authorizedKey: key.public });
    closing.push(() => jump.close());
    const identity = { agent: socket };
    const transport = sshTransport({ ...node, identity, jump: [{ ...jump, identity }], log });
    closing.push(() => transport.close());
    expect((await transport.exec(['true'], { timeoutMs })).code).toBe(0);
    expect(jump.connections()).toBe(1);
  });

  it('is refused when it has no key that the host takes', async () => {
    await add(newKey().private);
    const refused = dial().exec(['true'], { timeoutMs });
    await expect(refused).rejects.toThrow(Permanent);
    await expect(refused).rejects.toThrow('refuses every key of the agent');
  });

  it('may be tried again when it is gone, and is named', async () => {
    agent.kill();
    await once(agent, 'exit');
    const transport = dial();
    const failed = transport.exec(['true'], { timeoutMs });
    await expect(failed).rejects.toThrow(Retryable);
    await expect(failed).rejects.toThrow(/^the SSH agent does not sign for \S+:/);
    expect(transport.health().state).toBe('unreachable');
  });
});
