import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scripts, sh } from '../../src/builders/scripts.ts';
import { parseFate, recordOf } from '../../src/builders/slurm-endings.ts';

describe('the fate of a job that left the queue', () => {
  const shown = (state: string, directory: string, nodes = 'zen2') =>
    `scontrol JobId=7 JobName=x-b1 JobState=${state} Reason=None NodeList=${nodes} WorkDir=${directory} Comment=x`;
  it('comes from accounting, then from scontrol, and only of the same working directory', () => {
    const both = `${shown('CANCELLED', '/j/work')}\nsacct 7|CANCELLED by 1000|None assigned|/j/work\n`;
    expect(parseFate(both, '/j/work')).toEqual({ state: 'CANCELLED by 1000', hadNode: false, memory: false });
    expect(parseFate(shown('NODE_FAIL', '/j/work'), '/j/work')).toEqual({
      state: 'NODE_FAIL',
      hadNode: true,
      memory: false,
    });
    expect(parseFate(shown('CANCELLED', '/j/work', '(null)'), '/j/work')?.hadNode).toBe(false);
    expect(parseFate(both, '/other/work')).toBeNull();
    expect(parseFate(`sacct 7|RUNNING|n|/j/work\n${shown('RUNNING', '/j/work')}`, '/j/work')).toBeNull();
    expect(parseFate('', '/j/work')).toBeNull();
  });

  it.each([
    // As the sacct of a Slurm 22.05 with slurmdbd and MariaDB printed it; and what is written down of the job.
    ['running', 'COMPLETED|zen2', 'slurm COMPLETED'],
    ['running', 'FAILED|zen2', 'slurm FAILED'],
    ['running', 'TIMEOUT|zen2', 'timed-out 60'],
    ['running', 'CANCELLED by 0|zen2', 'slurm CANCELLED by 0'],
    ['running', 'OUT_OF_MEMORY|zen2', 'slurm OUT_OF_MEMORY'],
    ['running', 'NODE_FAIL|down', 'slurm NODE_FAIL'],
    ['running', 'PREEMPTED|odd', 'slurm PREEMPTED'],
    ['waiting', 'CANCELLED by 0|None assigned', 'slurm CANCELLED by 0'],
    ['waiting', 'CANCELLED by 0|ill', 'slurm NOT_LAUNCHED'],
    ['waiting', 'NODE_FAIL|cloud', 'slurm NO_NODE'],
    ['waiting', 'DEADLINE|None assigned', 'slurm DEADLINE'],
    ['again', 'COMPLETED|n1', 'slurm AGAIN'],
    // Not the end of a job yet: it was put back into the queue.
    ['running', 'REQUEUED|n1', 'slurm GONE'],
    ['running', 'RUNNING|zen3', 'slurm GONE'],
  ])('of one that is %s, with the line `%s` of sacct, is written %s', (looked, line, record) => {
    const fate = parseFate(`sacct 7|${line}|/jobs/x-b1/work\n`, '/jobs/x-b1/work');
    expect(recordOf(looked, fate, '60')).toBe(record);
  });

  describe('is asked for', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'stratobot-fate-'));
      await program('scontrol', 'exit 1'); // it has forgotten the job
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));
    const program = (name: string, text: string) =>
      writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const fate = async () => {
      const [command = '', ...args] = sh(scripts.slurm.fate, '7', 'x-b1', '/jobs/x-b1');
      const env = { PATH: `${folder}:${process.env.PATH}` };
      return parseFate(execFileSync(command, args, { env, encoding: 'utf8' }), '/jobs/x-b1/work');
    };

    it('by its id as well: sacct tells no held job by its name, and another’s by an id that was given twice', async () => {
      const sacct = (byName: string, byId: string) =>
        program('sacct', `case "$*" in *--name=x-b1*) ${byName} ;; *--jobs=7*) ${byId} ;; esac`);
      await sacct(':', "echo '7|CANCELLED by 0|None assigned|/jobs/x-b1/work'");
      expect(await fate()).toMatchObject({ state: 'CANCELLED by 0', hadNode: false });
      await sacct("echo '7|NODE_FAIL|n|/jobs/x-b1/work'", "echo '7|COMPLETED|n|/home/somebody'");
      expect(await fate()).toMatchObject({ state: 'NODE_FAIL' });
    });

    it('and not waited for where accounting hangs', async () => {
      await program('scontrol', `echo '${shown('NODE_FAIL', '/jobs/x-b1/work')}'`);
      await program('sacct', 'exit 70');
      await program('timeout', 'exit 124');
      expect(await fate()).toMatchObject({ state: 'NODE_FAIL' });
      await program('scontrol', 'exit 1');
      await program('sacct', "echo '7|FAILED|n|/jobs/x-b1/work'");
      expect(await fate(), 'sacct was run without its time limit').toBeNull();
    });
  });

  it.each([
    // What its directory says, what Slurm says, whether it had a node; and what is written down.
    ['waiting', null, false, 'slurm FORGOTTEN'],
    ['waiting', 'FAILED', true, 'slurm NOT_STARTED'],
    ['waiting', 'COMPLETED', true, 'slurm NOT_STARTED'],
    ['waiting', 'TIMEOUT', true, 'slurm NOT_STARTED'],
    ['waiting', 'CANCELLED', false, 'slurm CANCELLED'],
    ['waiting', 'CANCELLED by 1000', false, 'slurm CANCELLED by 1000'],
    ['waiting', 'CANCELLED by 0', true, 'slurm NOT_LAUNCHED'],
    ['waiting', 'NODE_FAIL', true, 'slurm NO_NODE'],
    ['waiting', 'BOOT_FAIL', true, 'slurm BOOT_FAIL'],
    ['running', null, false, 'slurm GONE'],
    ['running', 'TIMEOUT', true, 'timed-out 60'],
    ['running', 'CANCELLED by 0', true, 'slurm CANCELLED by 0'],
    ['running', 'COMPLETING', false, 'slurm NEVER_CLEARED'],
    ['running', 'FAILED', true, 'slurm FAILED'],
    ['again', null, false, 'slurm AGAIN'],
    ['again', 'COMPLETED', true, 'slurm AGAIN'],
    ['again', 'NODE_FAIL', true, 'slurm NODE_FAIL'],
  ])(
    'of one that is %s, with Slurm’s word %s and a node: %s, is written %s',
    (looked, state, hadNode, record) => {
      expect(recordOf(looked, state === null ? null : { state, hadNode, memory: false }, '60')).toBe(record);
    },
  );
});
