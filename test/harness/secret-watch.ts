/** Looks for secrets where other people of a machine, or of a database, would find them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type pg from 'pg';
import type { Surroundings } from './surroundings.ts';

export interface SecretWatch {
  /** Environment for the bot, in which the named programs are wrapped: each call writes down what it was given. */
  env: Record<string, string>;
  /** `where: secret` for each secret in the arguments or the environment of a process other than the bot, now and of wrapped calls. */
  inProcesses(bot: number): string[];
  /** The same for every table of the database. */
  inRows(sql: pg.Client): Promise<string[]>;
  inText(where: string, text: string): string[];
  /** Programs that were called through their wrapper. */
  called(): string[];
}

/** @param secrets what must not be found, by name */
export async function watchSecrets(
  around: Surroundings,
  secrets: Record<string, string>,
  programs: readonly string[],
): Promise<SecretWatch> {
  const [bin, calls] = [join(around.dir, 'wrapped'), join(around.dir, 'calls')];
  for (const folder of [bin, calls]) await mkdir(folder);
  for (const program of programs) {
    // Looked for behind the wrapper's own folder, which is the first.
    const script = `#!/bin/sh
call='${calls}/${program}.'$$
cat /proc/$$/cmdline /proc/$$/environ >"$call"
PATH=\${PATH#*:}
exec ${program} "$@"
`;
    writeFileSync(join(bin, program), script, { mode: 0o755 });
  }
  const inText = (where: string, text: string) =>
    Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [`${where}: ${name}`] : []));
  return {
    env: { ...around.env, PATH: `${bin}${delimiter}${around.env.PATH}` },
    inText,
    inProcesses(bot) {
      const alive = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== bot);
      const files = alive.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
      const wrapped = readdirSync(calls).map((name) => join(calls, name));
      return [...files, ...wrapped].flatMap((file) => inText(file, readIfThere(file)));
    },
    async inRows(sql) {
      const tables = await sql.query<{ name: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
          WHERE table_schema IN ('stratobot', 'bullmq')`,
      );
      const found = [];
      for (const { name } of tables.rows) {
        const { rows } = await sql.query<{ row: string }>(`SELECT row::text AS row FROM ${name} AS row`);
        found.push(...inText(name, rows.map(({ row }) => row).join('\n')));
      }
      if (tables.rows.length < 10) throw new Error('there are fewer tables than there must be');
      return found;
    },
    called: () => [...new Set(readdirSync(calls).map((name) => name.split('.')[0] ?? ''))].sort(),
  };
}

/** Processes end, and those of others cannot be read. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
