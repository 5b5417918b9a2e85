import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Slurm } from '../harness/slurm.ts';
import type { Surroundings } from '../harness/surroundings.ts';
import { databaseUrl } from './postgres.ts';

/** What whoever looks for the cause of a finding will ask for. */
export async function keepEvidence(
  around: Surroundings,
  slurm: Slurm,
  ledger: string,
  logs: string,
): Promise<void> {
  const said = (program: string, ...args: string[]) => slurm.run(program, ...args).catch(String);
  const slurms = await Promise.all([said('squeue', '--all', '--long'), said('sinfo', '--long', '--Node')]);
  await writeFile(join(logs, 'slurm.txt'), slurms.join('\n'));
  await copyFile(join(slurm.root, 'log', 'slurmctld.log'), join(logs, 'slurmctld.log'));
  await copyFile(join(ledger, 'jobs'), join(logs, 'ledger.txt'));
  await copyFile(join(around.dir, 'data', 'postgres', 'postgres.log'), join(logs, 'postgres.log'));
  const client = new pg.Client(await databaseUrl(around.dir));
  await client.connect();
  const { rows } = await client.query('SELECT * FROM stratobot.builds ORDER BY id');
  await client.end();
  await writeFile(join(logs, 'builds.json'), rows.map((row) => JSON.stringify(row)).join('\n'));
}
