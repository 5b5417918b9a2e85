import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBuilders } from '../../src/builders/builders.ts';
import { fileLogs } from '../../src/builders/logs.ts';
import type { JobExit } from '../../src/domain/build.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { fixture, isRunning, openJobBench, Recorder, silent, sourceOf } from '../harness/job-bench.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';

const key = newKey();
const temp = () => mkdtemp(join(tmpdir(), 'stratobot-builders-'));
let nextId = 9001;

for (const kind of ['local', 'ssh'] as const) {
  describe(`builders: process over ${kind}`, () => {
    let root: string;
    let jobsDir: string;
    let node: SshNode;
    let transport: Transport;
    let id: number;
    const closing: (() => Promise<void>)[] = [];

    const open = (options: Omit<Parameters<typeof openJobBench>[0], 'transport' | 'jobsDir'> = {}) => {
      const bench = openJobBench({ transport, jobsDir, ...options });
      closing.push(() => bench.builders.close());
      return bench;
    };
    beforeAll(async () => {
      root = await temp();
      jobsDir = join(root, 'jobs');
      node = await startSshNode({ root, authorizedKey: key.public });
      transport =
        kind === 'local'
          ? localTransport()
          : sshTransport({ ...node, identity: { privateKey: key.private }, log: silent });
    });
    beforeEach(() => {
      id = nextId++;
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });
    afterAll(async () => {
      await transport.close();
      await node.close();
      await rm(root, { recursive: true, force: true });
    });

    it('runs the four steps, tells the log and the end, and hands over results and artifacts', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'success');
      expect(handle).toMatchObject({ node: 'zen2/n1', directory: `${jobsDir}/test-b${id}` });
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(recorder.text(id)).toBe('building for software_subdir = x86_64/amd/zen2\ntesting\n');

      const results = await builders.results(id, handle);
      expect(results.steps).toEqual({ build: 0, 'check-build': 0, test: 5, 'check-test': 0 });
      expect(results.result).toContain('status = SUCCESS');
      expect(results.test).toContain('status = FAILURE');
      expect(results.logTail).toBe(recorder.text(id));
      const tarball = 'eessi-2025.06-software-linux-x86_64-amd-zen2-17796967460.tar.zst';
      expect(await text(await builders.openArtifact(handle, tarball))).toBe('a tarball\n');
    });

    it('judges a failed build, and does not test it', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'failing');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 3 });
      const results = await builders.results(id, handle);
      expect(results.steps).toEqual({ build: 3, 'check-build': 0, test: null, 'check-test': null });
      expect(results.result).toContain('FAILURE');
      expect(results.logTail).not.toContain('must not be seen');
    });

    it('tells a missing build script from one that failed, and does without a check', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'bare');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 127 });
      expect(recorder.text(id)).toContain('there is no bot/build.sh');
      expect((await builders.results(id, handle)).steps).toMatchObject({ build: null, 'check-build': null });

      const other = nextId++;
      const unchecked = await run(other, 'unchecked');
      expect(await recorder.end(other)).toEqual({ kind: 'exited', code: 0 });
      expect(await builders.results(other, unchecked)).toMatchObject({
        result: null,
        test: null,
        steps: { build: 0 },
      });
    });

    it('gives the job what its site says, and nothing of the bot', async () => {
      const repos = join(root, `repos-${id}`);
      await mkdir(repos);
      await writeFile(join(repos, 'repos.cfg'), '[eessi.io-2025.06-software]\n');
      const script = join(root, `site-${id}.sh`);
      await writeFile(script, 'export FROM_SITE=yes; cd /\n');
      const site = {
        local_tmp: `${root}/tmp/\${USER_NAME}/$SLURM_JOB_ID`,
        site_config_script: script,
        http_proxy: 'p:1',
      };
      process.env.STRATOBOT_TEST_SECRET = 'hunter2';
      const { builders, recorder, run } = open({ pool: { site, reposCfgDir: repos, skipTests: true } });
      const tricky = `it's "$(id)" \\ \n second line`;
      const handle = await run(id, 'environment', { TRICKY: tricky, USER_NAME: 'me' });
      await recorder.end(id);
      delete process.env.STRATOBOT_TEST_SECRET;
      const log = recorder.text(id);
      const tmp = /^TMPDIR=(.*)$/m.exec(log)?.[1] ?? '';
      expect(tmp).toMatch(new RegExp(`^${root}/tmp/me/${id}/stratobot-b${id}\\.`));
      expect(log).toContain(`in use: ${tmp}`);
      await expect(readdir(tmp)).rejects.toThrow('ENOENT');
      const shown = log
        .replaceAll(tmp, '<tmp>')
        .replaceAll(root, '<root>')
        .replaceAll(`${id}`, '<id>')
        .replace(/^in use.*\n/m, '');
      expect(shown).toMatchInlineSnapshot(`
        "SLURM_JOB_ID=<id>
        TMPDIR=<tmp>
        FROM_SITE=yes
        SKIP_TESTS=yes
        TRICKY=it's "$(id)" \\ 
         second line
        0
        [site_config]
        local_tmp = <root>/tmp/\${USER_NAME}/$SLURM_JOB_ID
        site_config_script = <root>/site-<id>.sh
        http_proxy = p:1

        [repository]
        repos_cfg_dir = <root>/jobs/test-b<id>/work/cfg
        repo_id = eessi.io-2025.06-software
        container = 
        repo_name = software.eessi.io
        repo_version = 2025.06

        [architecture]
        node_type = zen2
        software_subdir = x86_64/amd/zen2
        os_type = linux
        accelerator = nvidia/cc80
        [eessi.io-2025.06-software]
        [PR]
        repo = EESSI/software-layer
        pr_number = 7
        pr_comment_id = 4711
        stratobot: there is no bot/check-build.sh
        "
      `);
      expect((await builders.results(id, handle)).steps).toMatchObject({ build: 0, test: null });
    });

    it('ends a job when its time is over, though nobody looks', async () => {
      const { builders, recorder, start } = open({ pool: { timeLimitSeconds: 1 } });
      const handle = await start(id, 'waiting', { GO: '/never' });
      const exit = () => readFile(join(handle.directory, 'exit'), 'utf8').catch(() => '');
      await expect.poll(exit, { timeout: 20_000 }).toBe('timed-out 1\n');
      builders.follow({ buildId: id, handle, logOffset: 0 });
      expect(await recorder.end(id)).toEqual({ kind: 'timed-out', limitSeconds: 1 });
      expect(recorder.text(id)).toContain('the time limit of 1 seconds is over');
      expect((await builders.results(id, handle)).steps).toMatchObject({ build: null });
    });

    it('stops everything a job started, wherever it hides', async () => {
      const { builders, recorder, run } = open();
      await run(id, 'tenacious');
      const names = ['daemon', 'in a session of its own', 'without a mark', 'grandchild', 'ready'];
      const pids: number[] = [];
      for (const name of names) pids.push(Number(await recorder.finds(id, new RegExp(`${name} (\\d+)\n`))));
      for (const pid of pids) expect(await isRunning(pid)).toBe(true);
      expect(await builders.stop(id, 'zen2/n1')).toBe(true);
      for (const pid of pids) expect(await isRunning(pid)).toBe(false);
      expect(await recorder.end(id)).toEqual({ kind: 'lost', detail: 'the job was stopped' });
      expect(await builders.stop(id, 'zen2/n1')).toBe(true);
    });

    it('ends what a job leaves behind, when it ends by itself', async () => {
      const { recorder, run } = open();
      await run(id, 'leaving');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      for (const name of ['daemon', 'child']) {
        const pid = Number(await recorder.finds(id, new RegExp(`${name} (\\d+)`)));
        expect(await isRunning(pid)).toBe(false);
      }
    });

    it('starts a job once: a second start finds the first', async () => {
      const go = join(root, `go-${id}`);
      const { builders, recorder, run, start } = open();
      const [first, second] = await Promise.all([
        start(id, 'waiting', { GO: go }),
        start(id, 'waiting', { GO: go }),
      ]);
      expect(second).toEqual(first);
      expect(await run(id, 'waiting', { GO: go })).toEqual(first);
      expect(await builders.find(id, 'zen2/n1')).toEqual(first);
      await writeFile(go, '');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(recorder.text(id).match(/started/g)).toHaveLength(1);
      expect(await start(id, 'waiting', { GO: go })).toEqual(first);
      expect((await readdir(jobsDir)).filter((name) => name.startsWith(`test-b${id}.`))).toEqual([]);
    });

    it('is found again by a new process of the bot, while it runs and after its end', async () => {
      const go = join(root, `go-${id}`);
      const before = open();
      const handle = await before.run(id, 'waiting', { GO: go });
      await before.recorder.finds(id, /started/);
      await before.builders.close();
      const known = before.recorder.bytes(id).length;

      const after = open();
      expect(await after.builders.find(id, 'zen2/n1')).toEqual(handle);
      after.builders.follow({ buildId: id, handle, logOffset: known });
      await writeFile(go, '');
      expect(await after.recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(after.recorder.text(id)).toBe('finished\n');

      const late = open();
      late.builders.follow({ buildId: id, handle, logOffset: 0 });
      expect(await late.recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(late.recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
    });

    it('says that a job is lost when its runner is gone without a word, or its pid belongs to another', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'waiting', { GO: '/never' });
      const pid = Number(await recorder.finds(id, /started (\d+)/));
      process.kill(Number(handle.job.split(':')[0]), 'SIGKILL');
      expect(await recorder.end(id)).toEqual({
        kind: 'lost',
        detail: 'the job ended without leaving an exit status',
      });
      expect(await builders.stop(id, 'zen2/n1')).toBe(true); // what it left
      expect(await isRunning(pid)).toBe(false);

      const [, , boot] = handle.job.split(':');
      const other = { ...handle, directory: `${handle.directory}-other`, job: `${process.pid}:1:${boot}` };
      builders.follow({ buildId: nextId, handle: other, logOffset: 0 });
      expect(await recorder.end(nextId++)).toMatchObject({ kind: 'lost' });
      builders.follow({ buildId: nextId, handle: { ...other, job: `${process.pid}:1:0-0` }, logOffset: 0 });
      expect(await recorder.end(nextId++)).toEqual({
        kind: 'lost',
        detail: 'the node was restarted while the job ran',
      });
      expect(await isRunning(process.pid)).toBe(true);
    });

    it('does not start a build that was stopped before', async () => {
      const { builders, start } = open();
      expect(await builders.stop(id, 'zen2/n1')).toBe(true);
      await expect(start(id, 'success')).rejects.toThrow(Permanent);
      expect(await builders.find(id, 'zen2/n1')).toBeNull();
    });

    it('does not start half a job: a source that breaks off leaves nothing, and may come again', async () => {
      const { builders, recorder, run, start } = open();
      const whole = sourceOf(fixture('success'));
      const bytes = await buffer(await whole.open());
      async function* failing() {
        yield bytes.subarray(0, 1024);
        throw new Error('the source broke');
      }
      const broken = { ...whole, open: async () => Readable.from(failing()) };
      await expect(start(id, broken)).rejects.toThrow('the source broke');
      const short = { ...whole, open: async () => Readable.from([bytes.subarray(0, 2000)]) };
      await expect(start(id, short)).rejects.toThrow(Retryable);
      expect(await builders.find(id, 'zen2/n1')).toBeNull();
      await run(id, 'success');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect((await readdir(jobsDir)).filter((name) => name.startsWith(`test-b${id}`))).toEqual([
        `test-b${id}`,
      ]);
    });

    it('does not let the tree of a pull request take the place of our files', async () => {
      const folder = join(root, `tree-${id}`);
      const target = join(root, `target-${id}`);
      await mkdir(join(folder, 'bot'), { recursive: true });
      await writeFile(target, 'untouched');
      await symlink(root, join(folder, 'cfg'));
      await symlink(target, join(folder, `slurm-${id}.out`));
      await symlink(target, join(folder, `_bot_job${id}.metadata`));
      await writeFile(join(folder, `_bot_job${id}.result`), 'forged');
      await writeFile(join(folder, 'bot/build.sh'), 'ls -F cfg; head -1 cfg/job.cfg');
      const { builders, recorder, run } = open();
      const handle = await run(id, sourceOf(folder));
      await recorder.end(id);
      expect(recorder.text(id)).toContain('export_vars.sh\njob.cfg\n[site_config]\n');
      expect(await readFile(target, 'utf8')).toBe('untouched');
      expect((await builders.results(id, handle)).result).toBeNull();
    });

    it('reads bounded results, and no other file for an artifact than one in the directory', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'hostile');
      await recorder.end(id);
      const results = await builders.results(id, handle);
      expect(results.result).toHaveLength(1024 * 1024);
      expect(results.result).toContain('status = SUCCESS');
      expect(results.test).toBeNull();
      expect(results.steps).toMatchObject({ build: 0 });
      const read = async (name: string) => text(await builders.openArtifact(handle, name));
      expect(await read('eessi-file.tar.gz')).toBe('inside\n');
      for (const name of [
        '../../etc/passwd',
        '/etc/passwd',
        '.hidden',
        '',
        '-n',
        'a/b',
        'a\nb',
        'a b',
        'x'.repeat(256),
      ]) {
        await expect(read(name), name).rejects.toThrow(Permanent);
      }
      for (const name of ['link', 'fifo', 'folder', 'missing']) {
        await expect(read(`eessi-${name}.tar.gz`), name).rejects.toThrow(/is not a regular file/);
      }
    });

    it('carries a long log byte by byte, and its end for whoever reads no more', async () => {
      const { builders, recorder, run } = open();
      const handle = await run(id, 'noisy');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      const log = await readFile(join(handle.directory, `work/slurm-${id}.out`));
      expect(log.length).toBeGreaterThan(5_000_000);
      expect(recorder.bytes(id).equals(log)).toBe(true);
      expect(recorder.bytes(id).includes(Buffer.from([0xff, 0xfe, 0xc3, 0x28]))).toBe(true);
      const { logTail } = await builders.results(id, handle);
      expect(logTail).toHaveLength(16 * 1024);
      expect(logTail.endsWith('the last line\n')).toBe(true);
    });

    it('cuts a log that is longer than the bot keeps, once', async () => {
      const options = { builders: { logLimitBytes: 100_000 } };
      const { recorder, run } = open(options);
      const handle = await run(id, 'noisy');
      await recorder.end(id);
      const bytes = recorder.bytes(id);
      expect(bytes.subarray(100_000).toString()).toBe(
        '\n[stratobot: the log is longer than 100000 bytes, the rest is on the build node]\n',
      );
      const again = open(options);
      again.builders.follow({ buildId: id, handle, logOffset: bytes.length });
      await again.recorder.end(id);
      expect(again.recorder.bytes(id)).toHaveLength(0);
    });

    it('tells again what the listener could not take', async () => {
      const heard: string[] = [];
      const recorder = new Recorder();
      const flaky = {
        log: async (buildId: number, offset: number, chunk: Buffer) => {
          if (heard.push('log') === 1) throw new Error('no database');
          await recorder.log(buildId, offset, chunk);
        },
        ended: async (buildId: number, exit: JobExit) => {
          if (heard.push('ended') === 3) throw new Error('no database');
          await recorder.ended(buildId, exit);
        },
      };
      const { run } = open({ builders: { listener: flaky } });
      await run(id, 'unchecked');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(heard).toEqual(['log', 'log', 'ended', 'ended']);
      expect(recorder.text(id)).toContain('built without a check');
    });

    it('follows several jobs at once', async () => {
      const { recorder, run } = open();
      const ids = [id, nextId++, nextId++];
      await Promise.all(ids.map((each) => run(each, 'success')));
      for (const each of ids) expect(await recorder.end(each)).toEqual({ kind: 'exited', code: 0 });
    });

    it.runIf(kind === 'ssh')('loses no job and no line while the node cannot be reached', async () => {
      const go = join(root, `go-${id}`);
      const { recorder, run } = open();
      await run(id, 'waiting', { GO: go });
      await recorder.finds(id, /started/);
      node.cut();
      node.unplug();
      await writeFile(go, '');
      const refused = node.refused();
      await expect.poll(() => node.refused()).toBeGreaterThan(refused);
      expect(recorder.hasEnded(id)).toBe(false);
      node.plugIn();
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
    });
  });
}

describe('builders: choice of a node', () => {
  const transport = localTransport();
  const node = (name: string, slots: number) => ({ name, slots, transport, jobsDir: '/jobs' });
  const pool = (name: string, nodes: ReturnType<typeof node>[]) => ({
    name,
    nodes,
    timeLimitSeconds: 1,
    site: {},
  });
  const builders = openBuilders({
    instance: 'test',
    pools: [pool('zen2', [node('a', 1), node('b', 3)]), pool('zen3', [node('a', 1)])],
    listener: new Recorder(),
    clock: { now: () => 0 },
    log: silent,
  });

  it('takes the node of the pool with the fewest jobs that has a free slot', () => {
    const choose = (running: Record<string, number>) =>
      builders.chooseNode('zen2', new Map(Object.entries(running)));
    expect(choose({})).toBe('zen2/a');
    expect(choose({ 'zen2/a': 1 })).toBe('zen2/b');
    expect(choose({ 'zen2/a': 1, 'zen2/b': 2, 'zen3/a': 0 })).toBe('zen2/b');
    expect(choose({ 'zen2/a': 1, 'zen2/b': 3 })).toBeNull();
    expect(builders.chooseNode('none', new Map())).toBeNull();
  });

  it('refuses a node that the configuration does not have', async () => {
    await expect(builders.find(1, 'zen2/x')).rejects.toThrow(Permanent);
  });
});

describe('logs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temp();
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('keeps each byte once, whatever is told again', async () => {
    const logs = fileLogs(join(folder, 'logs'));
    expect(await logs.size(1)).toBe(0);
    expect(await text(await logs.read(1, 0))).toBe('');
    await logs.append(1, 0, Buffer.from('one '));
    await logs.append(1, 0, Buffer.from('one '));
    await logs.append(1, 2, Buffer.from('e two '));
    await logs.append(1, 8, Buffer.from('three'));
    expect(await text(await logs.read(1, 0))).toBe('one two three');
    expect(await text(await logs.read(1, 8))).toBe('three');
    expect(await text(await logs.read(1, 99))).toBe('');
    expect(await logs.size(1)).toBe(13);
    expect(await logs.size(2)).toBe(0);
  });
});
