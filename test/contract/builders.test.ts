import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBuilders } from '../../src/builders/builders.ts';
import { fileLogs } from '../../src/builders/logs.ts';
import { Permanent } from '../../src/domain/errors.ts';
import { localTransport } from '../../src/transport/local.ts';
import { fixture, isRunning, Recorder, silent, sourceOf } from '../harness/job-bench.ts';
import { processBench } from '../harness/process-bench.ts';

let nextId = 9001;
const newId = () => nextId++;

for (const kind of ['local', 'ssh'] as const) {
  describe(`builders: process over ${kind}`, () => {
    const within = processBench(kind, newId);

    it(
      'runs the four steps, tells the log and the end, and hands over results and artifacts',
      within(async ({ open, jobsDir, id }) => {
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
      }),
    );

    it(
      'judges a failed build, and does not test it',
      within(async ({ open, id }) => {
        const { builders, recorder, run } = open();
        const handle = await run(id, 'failing');
        expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 3 });
        const results = await builders.results(id, handle);
        expect(results.steps).toEqual({ build: 3, 'check-build': 0, test: null, 'check-test': null });
        expect(results.result).toContain('FAILURE');
        expect(results.logTail).not.toContain('must not be seen');
      }),
    );

    it(
      'tests what was built, though its script ended with an error',
      within(async ({ open, root, id }) => {
        const folder = join(root, `tree-${id}`);
        await cp(fixture('success'), folder, { recursive: true });
        await writeFile(join(folder, 'bot/build.sh'), 'echo building for; exit 3');
        const { builders, recorder, run } = open();
        const handle = await run(id, sourceOf(folder));
        expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 3 });
        const { steps } = await builders.results(id, handle);
        expect(steps).toEqual({ build: 3, 'check-build': 0, test: 5, 'check-test': 0 });
      }),
    );

    it(
      'tells a missing build script from one that failed, and does without a check',
      within(async ({ open, id, newId }) => {
        const { builders, recorder, run } = open();
        const handle = await run(id, 'bare');
        expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 127 });
        expect(recorder.text(id)).toContain('there is no bot/build.sh');
        expect((await builders.results(id, handle)).steps).toMatchObject({
          build: null,
          'check-build': null,
        });

        const other = newId();
        const unchecked = await run(other, 'unchecked');
        expect(await recorder.end(other)).toEqual({ kind: 'exited', code: 0 });
        expect(await builders.results(other, unchecked)).toMatchObject({
          result: null,
          test: null,
          steps: { build: 0 },
        });
      }),
    );

    it(
      'gives the job what its site says, and nothing of the bot',
      within(async ({ open, root, id }) => {
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
      }),
    );

    it(
      'ends a job when its time is over, though nobody looks',
      within(async ({ open, id }) => {
        const { builders, recorder, start } = open({ pool: { timeLimitSeconds: 1 } });
        const handle = await start(id, 'waiting', { GO: '/never' });
        const exit = () => readFile(join(handle.directory, 'exit'), 'utf8').catch(() => '');
        await expect.poll(exit).toBe('timed-out 1\n');
        builders.follow({ buildId: id, handle, logOffset: 0 });
        expect(await recorder.end(id)).toEqual({ kind: 'timed-out', limitSeconds: 1 });
        expect(recorder.text(id)).toContain('the time limit of 1 seconds is over');
        expect((await builders.results(id, handle)).steps).toMatchObject({ build: null });
      }),
    );

    it(
      'stops everything a job started, wherever it hides',
      within(async ({ open, id }) => {
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
      }),
    );

    it(
      'ends what a job leaves behind, when it ends by itself',
      within(async ({ open, id }) => {
        const { recorder, run } = open();
        await run(id, 'leaving');
        expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
        for (const name of ['daemon', 'child']) {
          const pid = Number(await recorder.finds(id, new RegExp(`${name} (\\d+)`)));
          expect(await isRunning(pid)).toBe(false);
        }
      }),
    );

    it(
      'starts a job once: a second start finds the first',
      within(async ({ open, root, jobsDir, id }) => {
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
      }),
    );
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

  it('are listed with their slots', () => {
    expect(builders.nodes()).toEqual([
      { name: 'zen2/a', pool: 'zen2', slots: 1, unreachableUntil: null, refusal: null },
      { name: 'zen2/b', pool: 'zen2', slots: 3, unreachableUntil: null, refusal: null },
      { name: 'zen3/a', pool: 'zen3', slots: 1, unreachableUntil: null, refusal: null },
    ]);
  });

  it('refuses a node that the configuration does not have', async () => {
    await expect(builders.find(1, 'zen2/x')).rejects.toThrow(Permanent);
  });
});

describe('logs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stratobot-logs-'));
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
