/** The life of a connection: shared, lost, refused, behind other hosts, short of sessions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { SshConnections } from '../../src/transport/ssh-connections.ts';
import type { SshOptions } from '../../src/transport/ssh-options.ts';
import { silent as log } from '../harness/log.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';

const timeoutMs = 10_000;
const key = newKey();
const identity = { privateKey: key.private };
let root: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'stratobot-ssh-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rm(root, { recursive: true }));

async function startNode(options: { maxSessions?: number; authorizedKey?: string } = {}): Promise<SshNode> {
  const node = await startSshNode({ root, authorizedKey: key.public, ...options });
  closing.push(() => node.close());
  return node;
}

const at = ({ host, port, user, hostKey }: SshNode) => ({ host, port, user, hostKey, identity });

function dial(
  node: SshNode,
  changes: Partial<SshOptions> = {},
  connections = new SshConnections(),
): Transport {
  const transport = sshTransport({ ...at(node), ...changes, log }, connections);
  closing.push(() => transport.close());
  return transport;
}

const say = async (transport: Transport, word = 'hello') =>
  (await transport.exec(['echo', word], { timeoutMs })).stdout.toString().trim();

/** Cuts the connection, and waits until that is noticed. */
async function cut(node: SshNode, transport: Transport): Promise<void> {
  node.cut();
  await expect.poll(() => transport.health().state).not.toBe('connected');
}

describe('a shared connection', () => {
  it('is one for all who name the same host, and outlives each but the last', async () => {
    const node = await startNode();
    const connections = new SshConnections();
    const [one, two] = [dial(node, {}, connections), dial(node, {}, connections)];
    expect(await Promise.all([say(one, 'a'), say(two, 'b')])).toEqual(['a', 'b']);
    expect(node.connections()).toBe(1);
    const running = one.exec(['sleep', '600'], { timeoutMs });
    const stopped = expect(running).rejects.toThrow(Retryable);
    await say(two); // behind `sleep` on the same connection
    await one.close();
    await stopped;
    await one.close();
    await expect(say(one)).rejects.toThrow('was closed');
    expect(await say(two)).toBe('hello');
    await two.close();
    expect(await say(dial(node, {}, connections))).toBe('hello');
    expect(node.connections()).toBe(2);
  });

  it('is another for another key', async () => {
    const node = await startNode();
    const connections = new SshConnections();
    const stranger = dial(node, { identity: { privateKey: newKey().private } }, connections);
    expect(await say(dial(node, {}, connections))).toBe('hello');
    await expect(say(stranger)).rejects.toThrow('refuses our key');
  });
});

describe('a jump host', () => {
  it('leads to the nodes behind it, over one connection for all', async () => {
    const [jump, first, second] = [await startNode(), await startNode(), await startNode()];
    const connections = new SshConnections();
    const way = { jump: [at(jump)] };
    const nodes = [dial(first, way, connections), dial(second, way, connections)];
    expect(await Promise.all(nodes.map((node) => say(node)))).toEqual(['hello', 'hello']);
    expect([jump, first, second].map((node) => node.connections())).toEqual([1, 1, 1]);
    await Promise.all(nodes.map((node) => node.close()));
    expect(await say(dial(first, way, connections))).toBe('hello');
    expect(jump.connections()).toBe(2);
  });

  it('may be behind another', async () => {
    const [outer, inner, node] = [await startNode(), await startNode(), await startNode()];
    expect(await say(dial(node, { jump: [at(outer), at(inner)] }))).toBe('hello');
  });

  it('is refused when it shows another key, by its own name', async () => {
    const [jump, node] = [await startNode(), await startNode()];
    const transport = dial(node, { jump: [{ ...at(jump), hostKey: newKey().public }] });
    await expect(say(transport)).rejects.toThrow(Permanent);
    await expect(say(transport)).rejects.toThrow(
      new RegExp(`:${jump.port} shows the host key SHA256:\\S+, but SHA256:\\S+ is configured`),
    );
    expect(transport.health().state).toBe('refused');
    expect(node.connections()).toBe(0);
  });

  it('does not hide what the node shows', async () => {
    const [jump, node] = [await startNode(), await startNode()];
    const transport = dial(node, { jump: [at(jump)], hostKey: newKey().public });
    await expect(say(transport)).rejects.toThrow(new RegExp(`:${node.port} shows the host key`));
  });

  it('takes its nodes along when it is lost, and brings them back', async () => {
    const [jump, node] = [await startNode(), await startNode()];
    const transport = dial(node, { jump: [at(jump)] });
    const running = transport.exec(['sleep', '2'], { timeoutMs });
    const stopped = expect(running).rejects.toThrow(Retryable);
    await say(transport);
    await cut(jump, transport);
    await stopped;
    expect(await say(transport)).toBe('hello');
  });

  it('says so when it cannot reach the node', async () => {
    const [jump, node] = [await startNode(), await startSshNode({ root, authorizedKey: key.public })];
    await node.close();
    const transport = dial(node, { jump: [at(jump)] });
    await expect(say(transport)).rejects.toThrow(Retryable);
    expect(transport.health().detail).toMatch(
      new RegExp(`:${node.port} cannot be reached: \\S+:${jump.port} does not lead there`),
    );
  });
});

describe('a locked key', () => {
  const locked = newKey('open sesame');

  it('is opened with its passphrase', async () => {
    const node = await startNode({ authorizedKey: locked.public });
    const opened = { privateKey: locked.private, passphrase: 'open sesame' };
    expect(await say(dial(node, { identity: opened }))).toBe('hello');
  });

  it('is refused before anything is dialled when the passphrase is missing or wrong, and nothing of it is told', async () => {
    const node = await startNode({ authorizedKey: locked.public });
    const wrong = () => dial(node, { identity: { privateKey: locked.private, passphrase: 'hunter2' } });
    expect(wrong).toThrow(Permanent);
    expect(wrong).toThrow(/^the passphrase does not open the private key for \S+$/);
    const none = () => dial(node, { identity: { privateKey: locked.private } });
    expect(none).toThrow(/^a passphrase is missing for the private key for \S+$/);
    expect(node.connections()).toBe(0);
  });
});

describe('a host that changes', () => {
  it('is refused when it shows another key than last time, until it is itself again', async () => {
    const node = await startNode();
    const transport = dial(node);
    expect(transport.health()).toMatchObject({ state: 'connecting', failures: 0, setAsideUntil: null });
    expect(await say(transport)).toBe('hello');
    expect(transport.health()).toMatchObject({ state: 'connected', setAsideUntil: null });
    node.changeHostKey();
    await cut(node, transport);
    await expect(say(transport)).rejects.toThrow(Permanent);
    const { state, detail, setAsideUntil } = transport.health();
    expect(state).toBe('refused');
    expect(detail).toMatch(/127\.0\.0\.1:\d+ shows the host key SHA256:\S+, but SHA256:\S+ is configured/);
    expect(setAsideUntil).toBeGreaterThan(Date.now());
    // Until the next try, the answer is known.
    const before = node.connections();
    await expect(say(transport)).rejects.toThrow(Permanent);
    expect(node.connections()).toBe(before);
  });
});

describe('a host that is away', () => {
  it('is not tried without a pause: who cannot wait is told at once, who can is served', async () => {
    const node = await startNode();
    const transport = dial(node);
    node.unplug();
    const short = () => transport.exec(['true'], { timeoutMs: 100 });
    await expect(short()).rejects.toThrow('cannot be reached');
    for (let i = 0; i < 20; i += 1) {
      const error = await short().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Retryable);
      expect(error).toMatchObject({ message: expect.stringMatching(/; the next try is in 1 s$/) });
      expect((error as Retryable).retryAfterMs).toBeGreaterThan(100);
    }
    expect(node.refused()).toBe(1);
    expect(transport.health()).toMatchObject({ state: 'unreachable', failures: 1, setAsideUntil: null });
    const waiting = Promise.all([1, 2, 3].map(() => say(transport)));
    node.plugIn();
    expect(await waiting).toEqual(['hello', 'hello', 'hello']);
    expect(node.connections()).toBe(1);
    expect(transport.health().state).toBe('connected');
  });

  it('is set aside after three failures in a row', async () => {
    const node = await startNode();
    const transport = dial(node);
    node.unplug();
    for (const failures of [1, 2, 3]) {
      expect(transport.health().setAsideUntil).toBeNull();
      await expect(say(transport)).rejects.toThrow(Retryable);
      expect(transport.health()).toMatchObject({ state: 'unreachable', failures });
    }
    expect(transport.health().setAsideUntil).toBeGreaterThan(Date.now());
  });

  it('is not taken for one that is back when it hangs up on everybody', async () => {
    const node = await startNode();
    const transport = dial(node);
    expect(await say(transport)).toBe('hello');
    await cut(node, transport);
    expect(transport.health()).toMatchObject({ state: 'unreachable', failures: 1 });
    expect(await say(transport)).toBe('hello');
    await cut(node, transport);
    expect(transport.health()).toMatchObject({ state: 'unreachable', failures: 2 });
  });
});

describe('a server with few sessions', () => {
  it('is asked for no more than it grants, and remembered so', async () => {
    const node = await startNode({ maxSessions: 2 });
    const transport = dial(node);
    const words = Array.from({ length: 50 }, (_, index) => String(index));
    expect(await Promise.all(words.map((word) => say(transport, word)))).toEqual(words);
    expect(node.connections()).toBe(1);
    const refused = node.refusedSessions();
    expect(refused).toBeGreaterThan(0);
    expect(await Promise.all(words.map((word) => say(transport, word)))).toEqual(words);
    expect(node.refusedSessions()).toBe(refused);
  });

  it('that grants none is no reason to try for ever', async () => {
    const transport = dial(await startNode({ maxSessions: 0 }));
    await expect(say(transport)).rejects.toThrow(Retryable);
    await expect(say(transport)).rejects.toThrow('did not start a command');
  });

  it('serves fifty commands at once over one connection', async () => {
    const node = await startNode();
    const transport = dial(node);
    const words = Array.from({ length: 50 }, (_, index) => String(index));
    expect(await Promise.all(words.map((word) => say(transport, word)))).toEqual(words);
    expect(node.connections()).toBe(1);
    expect(node.refusedSessions()).toBe(0);
  });
});
