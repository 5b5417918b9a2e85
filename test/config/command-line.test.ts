import { EventEmitter } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Check } from '../../src/commands/check.ts';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { doctor, gitVersion, nodeVersion } from '../../src/commands/doctor.ts';
import { start } from '../../src/commands/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Log } from '../../src/ports.ts';
import { folder, SECRETS, SMALL, write } from './folder.ts';

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const exit = await runCommandLine(args, {
    env: { ...SECRETS, STRATOBOT_DATA: '/srv/data' },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { exit, out, err };
}

async function smallConfig() {
  const at = await folder();
  const path = await write(join(at, 'stratobot.yml'), SMALL);
  return { at, path, config: await loadConfig(path, { ...SECRETS, STRATOBOT_DATA: join(at, 'data') }) };
}

describe('help', () => {
  test('of the program', async () => {
    const { exit, out } = await run('--help');
    expect(exit).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "Usage: stratobot [options] [command]

      Builds scientific software for every CPU target and publishes what two people
      approved.

      Options:
        --version                    print the version
        --help                       print this help

      Commands:
        start [options]              Run the bot until it is told to end.
        check-config [options]       Read the configuration, and print what it says or
                                     everything that is wrong.
        doctor [options]             Check this machine, the nodes, the database and
                                     the artifact store.
        inspect [options] <file>     Show what is in a tarball on this machine, and
                                     whether the tarball policy takes it.
        audit                        Who did what: shows the audit log, and checks
                                     that nobody changed it.
        backup [options] <file>      Write the record into a new file; a bot may go on
                                     working.
        restore [options] <file>     Bring a backup of the record back, while no bot
                                     runs.
        s3                           What the bucket of the artifacts does by itself.
        explain [options] <comment>  Say what the bot would make of a comment: what it
                                     would build, or what is wrong.
        help [command]               print the help of a command

      Examples:
        $ stratobot check-config --config stratobot.yml
        $ stratobot doctor --config stratobot.yml
        $ stratobot start --config stratobot.yml
        $ stratobot inspect eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz
        $ stratobot s3 lifecycle --dry-run

      Secrets come from the environment; stratobot.example.yml and docs/manual/configuration.md name them.
      Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong.
      "
    `);
  });

  test.each(['start', 'check-config', 'doctor'])('of %s has an example', async (command) => {
    const { exit, out, err } = await run('help', command);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/Usage: stratobot .*\n[\s\S]*Example:\n {2}\$ /);
    expect(out).toContain('--config <file>');
  });

  test('the version is the package’s', async () => {
    expect(await run('--version')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('a command line that is wrong', () => {
  test.each([
    ['strat', 'Did you mean start?'],
    ['start --confg x', 'Did you mean --config?'],
    ['start --log-level loud', 'debug, info, warn, error'],
    ['check-config stratobot.yml', 'too many arguments'],
    ['', 'Usage: stratobot'],
  ])('%j ends with 2 and says what was meant', async (line, answer) => {
    const { exit, err, out } = await run(...line.split(' ').filter(Boolean));
    expect(exit).toBe(2);
    expect(err).toContain(answer);
    expect(out).toBe('');
  });
});

describe('check-config', () => {
  test('prints what the configuration comes to', async () => {
    const { at, path } = await smallConfig();
    const { exit, out } = await run('check-config', '--config', path);
    expect(exit).toBe(0);
    expect(out.replaceAll(at, '<folder>')).toMatchInlineSnapshot(`
      "instance aws-bot at https://bot.example.org (listens on 127.0.0.1:3000)
      GitHub App 12345 on https://api.github.com

      EESSI/software-layer, deploys approved in EESSI/staging
        build         role maintain or higher
        cancel        role maintain or higher
        priority      @EESSI/builders
        despite_tests @EESSI/builders
        deploy        @EESSI/builders
        approve       @EESSI/ingest

      builds for
        eessi.io-2025.06-software  (software.eessi.io 2025.06)

      pool zen2: x86_64/amd/zen2, 1 job at once, 24 h each
        builds for  x86_64/amd/zen2
        keeps jobs  7 days, failed ones 30 days
        in          eessi.io-2025.06-software
        node        here (this machine)

      artifacts   <folder>/artifacts, read at https://artifacts.example.org, keys \${github_repository}/\${pull_request_number}/\${build_id}/…
      publishes   software.eessi.io to /srv/www/cvmfs
      database    embedded, in /srv/data
      queue       in the database

      The configuration is complete.
      "
    `);
  });

  test('ends with 2 and every problem', async () => {
    const at = await folder();
    const path = await write(join(at, 'stratobot.yml'), SMALL.replace('pools:', 'poools:'));
    const { exit, out, err } = await run('check-config', '--config', path);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toContain('did you mean `pools`?');
  });
});

describe('doctor', () => {
  test('prints every check and ends with 1 when one failed', async () => {
    const { at, config } = await smallConfig();
    let out = '';
    async function* world(): AsyncGenerator<Check> {
      yield { name: 'node zen2/here', ok: true, detail: 'tar, bash, setsid', remedy: null };
      yield { name: 'database', ok: false, detail: 'ECONNREFUSED', remedy: 'start PostgreSQL' };
    }
    const exit = await doctor(config, world, (text) => {
      out += text;
    });
    expect(exit).toBe(1);
    expect(out.replace(/(Node\.js|git): .*/g, '$1: …').replaceAll(at, '<folder>')).toMatchInlineSnapshot(`
      "ok    Node.js: …
      ok    git: …
      ok    data folder: <folder>/data
      ok    node zen2/here: tar, bash, setsid
      FAIL  database: ECONNREFUSED
            start PostgreSQL
      1 check failed.
      "
    `);
  });

  test('knows versions that are too old, and no git at all', async () => {
    const at = await folder();
    const git = await write(join(at, 'git'), '#!/bin/sh\necho git version 2.37.5\n', 0o755);
    expect(await gitVersion(git)).toMatchObject({ ok: false, detail: '2.37.5' });
    await rm(git);
    expect(await gitVersion(git)).toMatchObject({ ok: false, detail: 'ENOENT' });
    expect(await nodeVersion('22.11.0')).toMatchObject({ ok: false });
    expect(await nodeVersion('24.0.0')).toMatchObject({ ok: true });
  });
});

describe('start', () => {
  const lines: string[] = [];
  const note = (_fields: object, message: string) => lines.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };

  class FakeProcess extends EventEmitter {
    exits: number[] = [];
    exit(code: number) {
      this.exits.push(code);
    }
  }

  test.each(['SIGTERM', 'SIGINT'])('%s closes the bot in order and ends with 0', async (signal) => {
    const { config } = await smallConfig();
    const signals = new FakeProcess();
    const reasons: string[] = [];
    const started = Promise.withResolvers<void>();
    const exit = start(
      config,
      log,
      async () => {
        started.resolve();
        return { url: 'http://127.0.0.1:1', close: async (reason) => void reasons.push(reason) };
      },
      signals,
    );
    await started.promise;
    signals.emit(signal);
    expect(await exit).toBe(0);
    expect(reasons).toEqual([signal]);
    expect(signals.listenerCount(signal)).toBe(0);
  });

  test('a second signal ends it at once', async () => {
    const { config } = await smallConfig();
    const signals = new FakeProcess();
    const closing = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const running = start(
      config,
      log,
      async () => ({
        url: 'http://127.0.0.1:1',
        close: () => {
          closing.resolve();
          return closed.promise;
        },
      }),
      signals,
    );
    signals.emit('SIGTERM');
    await closing.promise;
    expect(signals.exits).toEqual([]);
    signals.emit('SIGINT');
    expect(signals.exits).toEqual([1]);
    closed.resolve();
    await running;
  });

  test('what does not end is left to the next start, within a minute', async () => {
    const { config } = await smallConfig();
    const signals = new FakeProcess();
    const told: string[] = [];
    const closing = Promise.withResolvers<void>();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const exit = start(
      config,
      { ...log, error: (_, message) => void told.push(message) },
      async () => ({
        url: 'http://127.0.0.1:1',
        close: () => {
          closing.resolve();
          return new Promise(() => undefined);
        },
      }),
      signals,
    );
    signals.emit('SIGTERM');
    await closing.promise;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await exit).toBe(1);
    expect(told).toEqual(['something did not end in time; the next start takes it up again']);
  });

  test('a start that fails gives its reason, and no listener stays behind', async () => {
    const { config } = await smallConfig();
    const signals = new FakeProcess();
    const failing = start(config, log, () => Promise.reject(new Error('port 3000 is taken')), signals);
    await expect(failing).rejects.toThrow('port 3000 is taken');
    expect(signals.listenerCount('SIGTERM')).toBe(0);
  });
});
