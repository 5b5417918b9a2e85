import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { quote } from '../../src/transport/quote.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { silent } from '../harness/job-bench.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';
import { appears, ends, type TransportBench, temp, transportBenches } from '../harness/transport-benches.ts';

const timeoutMs = 10_000;

for (const [name, open, { runs, kills }] of transportBenches) {
  // The name says what to install where OpenSSH is missing.
  describe.runIf(runs)(`transport: ${name}`, () => {
    let bench: TransportBench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench.close());

    it('hands every argument over as it is', async () => {
      const words = [
        '',
        ' ',
        "it's",
        '"$HOME"',
        '`id`',
        '$(id)',
        '\\',
        'a\nb',
        '*',
        '-n',
        '日本',
        '\u0001\u007f',
        '!!',
      ];
      const { code, stdout } = await bench.transport.exec(['printf', '%s\\0', ...words], { timeoutMs });
      expect(code).toBe(0);
      expect(stdout.toString()).toBe(words.map((word) => `${word}\0`).join(''));
    });

    it('tells code, output and complaint apart', async () => {
      const result = await bench.transport.exec(['sh', '-c', 'echo out; echo err >&2; exit 7'], {
        timeoutMs,
      });
      expect(result).toEqual({ code: 7, stdout: Buffer.from('out\n'), stderr: Buffer.from('err\n') });
    });

    it('says 127 for a program that is not there, and null for one that a signal ended', async () => {
      expect((await bench.transport.exec(['no-such-program'], { timeoutMs })).code).toBe(127);
      const script = 'kill -9 $$';
      expect((await bench.transport.exec(['sh', '-c', script], { timeoutMs })).code).toBeNull();
    });

    it('moves bytes of input from a string, a buffer and a stream', async () => {
      const bytes = Buffer.alloc(3_000_000, 'ab\0\xff\n', 'latin1');
      const options = { timeoutMs, maxOutputBytes: bytes.length };
      const count = await bench.transport.exec(['wc', '-c'], { timeoutMs, stdin: 'four' });
      expect(count.stdout.toString().trim()).toBe('4');
      const whole = await bench.transport.exec(['cat'], { ...options, stdin: bytes });
      expect(whole.stdout.equals(bytes)).toBe(true);
      const streamed = await bench.transport.exec(['cat'], { ...options, stdin: Readable.from([bytes]) });
      expect(streamed.stdout.equals(bytes)).toBe(true);
    });

    it('does not mind a command that ends without reading its input', async () => {
      const endless = new Readable({ read: (size) => void endless.push(Buffer.alloc(size)) });
      const { code } = await bench.transport.exec(['sh', '-c', 'exit 3'], { timeoutMs, stdin: endless });
      expect(code).toBe(3);
      expect(endless.destroyed).toBe(true);
    });

    it('fails with the reason when the input breaks off', async () => {
      async function* half() {
        yield 'half';
        throw new Error('the source broke');
      }
      const broken = bench.transport.exec(['cat'], { timeoutMs, stdin: Readable.from(half()) });
      await expect(broken).rejects.toThrow('the source broke');
    });

    it('bounds what is kept of the output', async () => {
      const endless = bench.transport.exec(['sh', '-c', 'while :; do echo line; done'], {
        timeoutMs,
        maxOutputBytes: 10_000,
      });
      await expect(endless).rejects.toThrow(Permanent);
      await expect(endless).rejects.toThrow('wrote more than 10000 bytes');
    });

    it('names the time a command may take', async () => {
      const slow = bench.transport.exec(['sleep', '3'], { timeoutMs: 200 });
      await expect(slow).rejects.toThrow(Retryable);
      await expect(slow).rejects.toThrow('did not end within 200 ms');
    });

    // OpenSSH passes no signals on to the commands of root.
    it.runIf(kills)('kills a command whose time is over, with its children', async () => {
      const file = join(bench.folder, 'slow');
      const script = 'sleep 600 & echo $! > "$1"; wait';
      const slow = bench.transport.exec(['sh', '-c', script, 'sh', file], { timeoutMs: 700 });
      await expect(slow).rejects.toThrow(Retryable);
      await ends(Number(await appears(file)));
    });

    it('is not held up by commands that were given up, were they to hang', async () => {
      // Once the input has ended ssh2 sends no signals: these go on, on channels of the server.
      const hang = () => bench.transport.exec(['sleep', '5'], { timeoutMs: 500, stdin: '' });
      const given = await Promise.allSettled(Array.from({ length: 8 }, hang));
      expect(given.map((each) => each.status)).toEqual(Array(8).fill('rejected'));
      expect((await bench.transport.exec(['true'], { timeoutMs: 3_000 })).code).toBe(0);
    });

    it('streams output, and errors at its end when the command failed', async () => {
      const good = await bench.transport.stream(['head', '-c', '5000000', '/dev/zero'], { timeoutMs });
      expect((await buffer(good)).length).toBe(5_000_000);
      const bad = await bench.transport.stream(['sh', '-c', 'echo half; echo no luck >&2; exit 4'], {
        timeoutMs,
      });
      await expect(buffer(bad)).rejects.toThrow(/ended with code 4: no luck/);
    });

    // OpenSSH passes no signals on to the commands of root.
    it.runIf(kills)('kills the command when its stream is destroyed', async () => {
      const file = join(bench.folder, 'streaming');
      const script = 'echo $$ > "$1"; echo go; exec sleep 600';
      const stream = await bench.transport.stream(['sh', '-c', script, 'sh', file], { timeoutMs });
      await once(stream, 'data');
      stream.destroy();
      await ends(Number(await appears(file)));
    });

    it('runs many commands at once, more than a server has sessions for', async () => {
      const numbers = Array.from({ length: 30 }, (_, index) => String(index));
      const results = await Promise.all(
        numbers.map((number) =>
          bench.transport.exec(['sh', '-c', 'sleep 0.05; echo "$1"', 'sh', number], { timeoutMs }),
        ),
      );
      expect(results.map((result) => result.stdout.toString().trim())).toEqual(numbers);
    });

    it('shows a command nothing of our environment that could be secret', async () => {
      process.env.STRATOBOT_TEST_SECRET = 'hunter2';
      const { stdout } = await bench.transport.exec(['env'], { timeoutMs });
      delete process.env.STRATOBOT_TEST_SECRET;
      expect(stdout.toString()).not.toContain('hunter2');
      expect(stdout.toString()).toMatch(/^PATH=/m);
    });
  });
}

describe('transport: ssh', () => {
  const key = newKey();
  let node: SshNode;
  let root: string;
  const open: Transport[] = [];
  const dial = (changes: { hostKey?: string; privateKey?: string; port?: number } = {}) => {
    const { privateKey = key.private, ...rest } = changes;
    const transport = sshTransport({ ...node, ...rest, identity: { privateKey }, log: silent });
    open.push(transport);
    return transport;
  };
  beforeAll(async () => {
    root = await temp();
    node = await startSshNode({ root, authorizedKey: key.public });
  });
  afterEach(async () => {
    for (const transport of open.splice(0)) await transport.close();
  });
  afterAll(async () => {
    await node.close();
    await rm(root, { recursive: true });
  });

  it('refuses a host that shows another key, and names host and both fingerprints', async () => {
    const other = newKey().public;
    const refused = dial({ hostKey: other }).exec(['true'], { timeoutMs });
    await expect(refused).rejects.toThrow(Permanent);
    await expect(refused).rejects.toThrow(
      /127\.0\.0\.1:\d+ shows the host key SHA256:\S+, but SHA256:\S+ is configured/,
    );
  });

  it('takes a fingerprint for the host key, too', async () => {
    const failure = await dial({ hostKey: newKey().public }).exec(['true'], { timeoutMs }).catch(String);
    const shown = /shows the host key (SHA256:\S+),/.exec(String(failure))?.[1] ?? '';
    expect((await dial({ hostKey: shown }).exec(['true'], { timeoutMs })).code).toBe(0);
  });

  it('gives up for good where its key is refused, and at once where a key cannot be read', async () => {
    const stranger = dial({ privateKey: newKey().private }).exec(['true'], { timeoutMs });
    await expect(stranger).rejects.toThrow(Permanent);
    await expect(stranger).rejects.toThrow('refuses our key');
    expect(() => dial({ privateKey: 'nonsense' })).toThrow(Permanent);
    expect(() => dial({ hostKey: 'nonsense' })).toThrow(Permanent);
  });

  it('may be tried again where nobody listens', async () => {
    const gone = await startSshNode({ root, authorizedKey: key.public });
    await gone.close();
    await expect(dial({ port: gone.port }).exec(['true'], { timeoutMs })).rejects.toThrow(Retryable);
  });

  it('gives up waiting for a host that does not answer when the time of the command is over', async () => {
    const { createServer } = await import('node:net');
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const waiting = dial({ port }).exec(['true'], { timeoutMs: 100 });
    await expect(waiting).rejects.toThrow('did not end within 100 ms');
    mute.close();
  });

  it('opens one connection for all commands, and a new one after it was cut', async () => {
    const transport = dial();
    const before = node.connections();
    await Promise.all([1, 2, 3].map(() => transport.exec(['true'], { timeoutMs })));
    expect(node.connections()).toBe(before + 1);
    const file = join(root, 'cut');
    const running = transport.exec(['sh', '-c', 'echo $$ > "$1"; exec sleep 600', 'sh', file], { timeoutMs });
    const pid = Number(await appears(file));
    node.cut();
    await expect(running).rejects.toThrow(Retryable);
    process.kill(pid); // what runs on a node lives on when the connection is lost
    expect((await transport.exec(['echo', 'again'], { timeoutMs })).stdout.toString()).toBe('again\n');
    expect(node.connections()).toBe(before + 2);
  });

  it('errors a stream whose connection is cut, and does not end it', async () => {
    const stream = await dial().stream(['sh', '-c', 'echo go; exec sleep 5'], { timeoutMs });
    await once(stream, 'data');
    node.cut();
    await expect(buffer(stream)).rejects.toThrow(Retryable);
  });
});

describe('quote', () => {
  it('makes a string of which a shell makes the same arguments again', async () => {
    const shell = localTransport();
    const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 20 }), async (argv) => {
        const { stdout } = await shell.exec(['sh', '-c', `printf '%s\\0' ${quote(argv)}`], { timeoutMs });
        expect(stdout.toString()).toBe(argv.map((each) => `${each}\0`).join(''));
      }),
      { numRuns: 100 },
    );
    await shell.close();
  });

  it('refuses a NUL byte', () => {
    expect(() => quote(['a\0b'])).toThrow(TypeError);
  });
});
