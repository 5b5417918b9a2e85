import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { sshSigner, sshVerifier } from '../../src/artifacts/signing.ts';
import { Permanent } from '../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'stratobot-signing-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const namespace = 'aws-bot';

/** A key in the folder, and how a line of allowed signers spells it. */
function key(name: string, passphrase = ''): { keyFile: string; line: (options?: string) => string } {
  const keyFile = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', keyFile]);
  const [type, base64] = readFileSync(`${keyFile}.pub`, 'utf8').split(' ');
  return {
    keyFile,
    line: (options = `namespaces="${namespace}"`) => `${name} ${options} ${type} ${base64}\n`,
  };
}

function allowed(name: string, ...lines: string[]): string {
  writeFileSync(join(folder, name), lines.join(''));
  return join(folder, name);
}

const bot = key('bot');
const other = key('other');
const signer = sshSigner({ keyFile: bot.keyFile, namespace });
const allowedSigners = allowed('allowed', '# who may\n', bot.line());
const verifier = sshVerifier({ allowedSigners, namespace });
const stream = (text: string) => Readable.from([Buffer.from(text)]);

describe('a signature of ssh-keygen', () => {
  it('holds for the bytes it was made of, and names its signer', async () => {
    const signature = await signer.sign('some bytes');
    expect(signature).toMatch(/^-----BEGIN SSH SIGNATURE-----\n[\s\S]*-----END SSH SIGNATURE-----\n$/);
    expect(await verifier.verify(stream('some bytes'), signature)).toEqual({ ok: true, signer: 'bot' });
    expect(await verifier.verify(stream('some bytez'), signature)).toEqual({
      ok: false,
      reason: 'Its signature by bot is of other bytes.',
    });
  });

  it('is one that anybody can check with OpenSSH, and OpenSSH’s are taken here', async () => {
    const text = 'what a script signs';
    const signature = join(folder, 'by-bot.sig');
    writeFileSync(signature, await signer.sign(text));
    const files = ['-f', allowedSigners, '-s', signature];
    const said = execFileSync('ssh-keygen', ['-Y', 'verify', '-n', namespace, '-I', 'bot', ...files], {
      input: text,
    });
    expect(String(said)).toContain('Good "aws-bot" signature');

    writeFileSync(join(folder, 'file'), text);
    execFileSync('ssh-keygen', [
      '-q',
      '-Y',
      'sign',
      '-n',
      namespace,
      '-f',
      bot.keyFile,
      join(folder, 'file'),
    ]);
    const theirs = readFileSync(join(folder, 'file.sig'), 'utf8');
    expect(await verifier.verify(stream(text), theirs)).toMatchObject({ ok: true });
  });

  it('holds for nothing at all, too', async () => {
    const signature = await signer.sign('');
    expect(await verifier.verify(Readable.from([]), signature)).toMatchObject({ ok: true });
    expect(await verifier.verify(stream('x'), signature)).toMatchObject({ ok: false });
  });

  it.each<[string, () => Promise<string>, () => string, string]>([
    [
      'for another bot',
      () => sshSigner({ keyFile: bot.keyFile, namespace: 'other-bot' }).sign('x'),
      () => allowedSigners,
      'Its signature by bot is not for aws-bot.',
    ],
    [
      'of a key that may only sign for another bot',
      () => signer.sign('x'),
      () => allowed('elsewhere', bot.line('namespaces="other-bot"')),
      'Its signature by bot is not for aws-bot.',
    ],
    [
      'of somebody unknown',
      () => sshSigner({ keyFile: other.keyFile, namespace }).sign('x'),
      () => allowedSigners,
      'Its signature was made with a key that is not among the allowed signers.',
    ],
    [
      'of a key that has expired',
      () => signer.sign('x'),
      () => allowed('expired', bot.line(`valid-before="20200101",namespaces="${namespace}"`)),
      'Its signature was made with a key that has expired.',
    ],
    [
      'of a key that is not valid yet',
      () => signer.sign('x'),
      () => allowed('early', bot.line(`valid-after="29990101",namespaces="${namespace}"`)),
      'Its signature was made with a key that is not valid yet.',
    ],
    [
      'that is none',
      async () => '<html>not found</html>',
      () => allowedSigners,
      'What lies beside it is not an SSH signature.',
    ],
    ['that is empty', async () => '', () => allowedSigners, 'What lies beside it is not an SSH signature.'],
    [
      'when nobody is allowed',
      () => signer.sign('x'),
      () => allowed('nobody', ''),
      'Its signature was made with a key that is not among the allowed signers.',
    ],
  ])('%s is refused with the reason', async (_what, sign, signers, reason) => {
    const verdict = await sshVerifier({ allowedSigners: signers(), namespace }).verify(
      stream('x'),
      await sign(),
    );
    expect(verdict).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('is made and checked of as many bytes as there are', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x');
    const pieces = (count: number) => Readable.from(Array.from({ length: count }, () => piece));
    const signature = await signer.sign(pieces(200));
    expect(await verifier.verify(pieces(200), signature)).toMatchObject({ ok: true });
    expect(await verifier.verify(pieces(199), signature)).toMatchObject({ ok: false });
  });

  it('takes bytes no faster than ssh-keygen reads them', async () => {
    const gate = join(folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const slow = join(folder, 'slow');
    writeFileSync(slow, `#!/bin/sh\nread line < ${gate}\nwc -c\n`, { mode: 0o700 });
    const piece = Buffer.alloc(64 * 1024);
    let given = 0;
    const content = Readable.from(
      (function* () {
        for (; given < 500; given++) yield piece;
      })(),
      { highWaterMark: 1 },
    );
    const signing = sshSigner({ keyFile: bot.keyFile, namespace, command: slow }).sign(content);
    let before = -1;
    while (given !== before) {
      before = given;
      for (let turn = 0; turn < 50; turn++) await tick();
    }
    expect(given).toBeLessThan(50);
    await writeFile(gate, 'go\n');
    expect(Number(await signing)).toBe(500 * piece.length);
  });

  it('leaves nothing behind', async () => {
    const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('stratobot-signature-'));
    const before = leftovers();
    await verifier.verify(stream('x'), await signer.sign('x'));
    await verifier.verify(stream('x'), 'none');
    expect(leftovers().filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('what cannot work says so', () => {
  const failing = async function* () {
    yield Buffer.from('a');
    throw new Error('the line went dead');
  };

  it('passes errors of the content on', async () => {
    await expect(signer.sign(Readable.from(failing()))).rejects.toThrow('the line went dead');
    const signature = await signer.sign('a');
    await expect(verifier.verify(Readable.from(failing()), signature)).rejects.toThrow('the line went dead');
  });

  it.each<[string, () => string, string]>([
    ['that is not there', () => join(folder, 'none'), 'No such file'],
    [
      'that others can read',
      () => {
        const { keyFile } = key('open');
        chmodSync(keyFile, 0o644);
        return keyFile;
      },
      'too open',
    ],
    ['with a passphrase', () => key('locked', 'secret').keyFile, 'passphrase'],
  ])('a key %s', async (_what, keyFile, text) => {
    const path = keyFile();
    const signing = sshSigner({ keyFile: path, namespace }).sign('x');
    await expect(signing).rejects.toThrow(Permanent);
    await expect(signing).rejects.toThrow(`The signing key ${path} cannot be used: `);
    await expect(signing).rejects.toThrow(text);
  });

  it('no ssh-keygen, also for content that nobody reads then', async () => {
    const content = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(64 * 1024)));
    const signing = sshSigner({ keyFile: bot.keyFile, namespace, command: join(folder, 'none') }).sign(
      content,
    );
    await expect(signing).rejects.toThrow(Permanent);
    await expect(signing).rejects.toThrow('comes with OpenSSH');
    expect(content.destroyed).toBe(true);
  });

  it('allowed signers that cannot be read are no verdict', async () => {
    const blind = sshVerifier({ allowedSigners: join(folder, 'nowhere'), namespace });
    await expect(blind.verify(stream('x'), await signer.sign('x'))).rejects.toThrow(Permanent);
  });

  it('hands ssh-keygen no environment of ours', async () => {
    const spy = join(folder, 'spy');
    writeFileSync(spy, '#!/bin/sh\nenv\necho "$@"\n', { mode: 0o700 });
    process.env.SSH_AUTH_SOCK = '/run/agent';
    process.env.STRATOBOT_WEBHOOK_SECRET = 'hush';
    try {
      const seen = await sshSigner({ keyFile: bot.keyFile, namespace, command: spy }).sign('content');
      expect(seen).not.toMatch(/agent|hush|content/);
      expect(seen).toContain(`-Y sign -n aws-bot -f ${bot.keyFile}`);
    } finally {
      delete process.env.SSH_AUTH_SOCK;
      delete process.env.STRATOBOT_WEBHOOK_SECRET;
    }
  });

  it('reads allowed signers each time, so that one who was removed is refused from then on', async () => {
    const changing = allowed('changing', other.line());
    const watching = sshVerifier({ allowedSigners: changing, namespace });
    const signature = await signer.sign('x');
    expect(await watching.verify(stream('x'), signature)).toMatchObject({ ok: false });
    appendFileSync(changing, bot.line());
    expect(await watching.verify(stream('x'), signature)).toMatchObject({ ok: true });
  });
});
