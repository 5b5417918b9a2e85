import { afterEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import type { SshOptions } from '../../src/transport/ssh-options.ts';
import { silent as log } from '../harness/log.ts';
import { type OpenSsh, openSshMissing, startOpenSsh } from '../harness/openssh.ts';

const name = openSshMissing() ? 'OpenSSH (skipped: install openssh-server)' : 'OpenSSH';
const timeoutMs = 30_000;

// A laptop need not have an sshd; in CI the tests run, and fail without it.
describe.runIf(!openSshMissing())(`connections to ${name}`, () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(options: { maxSessions?: number } = {}): Promise<OpenSsh> {
    const server = await startOpenSsh(options);
    closing.push(() => server.close());
    return server;
  }
  const at = (server: OpenSsh) => ({ ...server, identity: { privateKey: server.privateKey } });
  function dial(server: OpenSsh, changes: Partial<SshOptions> = {}) {
    const transport = sshTransport({ ...at(server), ...changes, log });
    closing.push(() => transport.close());
    return transport;
  }

  it.each([1, 2, 10])('carry fifty commands at once where MaxSessions is %i', async (maxSessions) => {
    const transport = dial(await start({ maxSessions }));
    const words = Array.from({ length: 50 }, (_, index) => String(index));
    const said = words.map(async (word) => {
      const { stdout } = await transport.exec(['echo', word], { timeoutMs });
      return stdout.toString().trim();
    });
    expect(await Promise.all(said)).toEqual(words);
  });

  it('end in an error where no session is allowed', async () => {
    const transport = dial(await start({ maxSessions: 0 }));
    await expect(transport.exec(['true'], { timeoutMs })).rejects.toThrow(Retryable);
  });

  it('lead through it to another', async () => {
    const [jump, server] = [await start(), await start()];
    const transport = dial(server, { jump: [at(jump)] });
    const { stdout } = await transport.exec(['sh', '-c', 'echo "$SSH_CONNECTION"'], { timeoutMs });
    expect(stdout.toString()).toMatch(new RegExp(` ${server.port}\n$`));
    await jump.crash();
    await expect.poll(() => transport.health().state).not.toBe('connected');
    await expect(transport.exec(['true'], { timeoutMs: 3_000 })).rejects.toThrow(Retryable);
    await jump.restart();
    expect((await transport.exec(['true'], { timeoutMs })).code).toBe(0);
  });

  it('come back when the server does', async () => {
    const server = await start();
    const transport = dial(server);
    await transport.exec(['true'], { timeoutMs });
    await server.crash();
    await expect.poll(() => transport.health().state).not.toBe('connected');
    await expect(transport.exec(['true'], { timeoutMs: 3_000 })).rejects.toThrow(Retryable);
    expect(transport.health().state).toBe('unreachable');
    await server.restart();
    expect((await transport.exec(['true'], { timeoutMs })).code).toBe(0);
    expect(transport.health().state).toBe('connected');
  });
});
