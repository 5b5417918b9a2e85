import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { JobExit } from '../../src/domain/build.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { fixture, isRunning, Recorder, sourceOf } from '../harness/job-bench.ts';
import { processBench } from '../harness/process-bench.ts';

let nextId = 9501;
const newId = () => nextId++;

for (const kind of ['local', 'ssh'] as const) {
  describe(`builders: process over ${kind}`, () => {
    const within = processBench(kind, newId);

    it(
      'is found again by a new process of the bot, while it runs and after its end',
      within(async ({ open, root, id }) => {
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
      }),
    );

    it(
      'says that a job is lost when its runner is gone without a word, or its pid belongs to another',
      within(async ({ open, id, newId }) => {
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
        const strangers = newId();
        builders.follow({ buildId: strangers, handle: other, logOffset: 0 });
        expect(await recorder.end(strangers)).toMatchObject({ kind: 'lost' });
        const restarted = newId();
        builders.follow({
          buildId: restarted,
          handle: { ...other, job: `${process.pid}:1:0-0` },
          logOffset: 0,
        });
        expect(await recorder.end(restarted)).toEqual({
          kind: 'lost',
          detail: 'the node was restarted while the job ran',
        });
        expect(await isRunning(process.pid)).toBe(true);
      }),
    );

    it(
      'is one job for two nodes of one machine that share the folder: given to the other, it is not built twice',
      within(async ({ open, root, jobsDir, id }) => {
        const go = join(root, `go-${id}`);
        const first = open();
        const nodes = ['n1', 'n2'].map((name) => ({ name, slots: 2, transport: first.transport, jobsDir }));
        const both = open({ pool: { nodes } });
        const handle = await first.start(id, 'waiting', { GO: go });
        expect(await both.builders.find(id, 'zen2/n2')).toEqual({ ...handle, node: 'zen2/n2' });
        // The bot believed that the first node is silent, and gave the build to the second.
        const again = await both.start(id, 'waiting', { GO: go }, 'zen2/n2');
        expect(again).toEqual({ ...handle, node: 'zen2/n2' });
        both.builders.follow({ buildId: id, handle: again, logOffset: 0 });
        await both.recorder.finds(id, /started/);
        await writeFile(go, '');
        expect(await both.recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
        expect(both.recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
      }),
    );

    it(
      'does not start a build that was stopped before',
      within(async ({ open, id }) => {
        const { builders, start } = open();
        expect(await builders.stop(id, 'zen2/n1')).toBe(true);
        await expect(start(id, 'success')).rejects.toThrow(Permanent);
        expect(await builders.find(id, 'zen2/n1')).toBeNull();
      }),
    );

    it(
      'does not start half a job: a source that breaks off leaves nothing, and may come again',
      within(async ({ open, jobsDir, id }) => {
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
      }),
    );

    it(
      'does not let the tree of a pull request take the place of our files',
      within(async ({ open, root, id }) => {
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
      }),
    );

    it(
      'reads bounded results, and no other file for an artifact than one in the directory',
      within(async ({ open, id }) => {
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
      }),
    );

    it(
      'carries a long log byte by byte, and its end for whoever reads no more',
      within(async ({ open, id }) => {
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
      }),
    );

    it(
      'cuts a log that is longer than the bot keeps, once',
      within(async ({ open, id }) => {
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
      }),
    );

    it(
      'tells again what the listener could not take',
      within(async ({ open, id }) => {
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
      }),
    );

    it(
      'follows several jobs at once',
      within(async ({ open, id, newId }) => {
        const { recorder, run } = open();
        const ids = [id, newId(), newId()];
        await Promise.all(ids.map((each) => run(each, 'success')));
        for (const each of ids) expect(await recorder.end(each)).toEqual({ kind: 'exited', code: 0 });
      }),
    );

    // A job on this machine has no connection to lose.
    it.runIf(kind === 'ssh')(
      'loses no job and no line while the node cannot be reached',
      within(async ({ open, root, node, id }) => {
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
      }),
    );
  });
}
