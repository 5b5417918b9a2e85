import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { folder, SECRETS, SMALL, write } from '../config/folder.ts';
import { freshRecords } from '../harness/fresh-records.ts';

const bot = freshRecords();

/** One command on the database of the test. */
async function run(...args: string[]) {
  const at = await folder();
  const config = await write(join(at, 'stratobot.yml'), SMALL);
  let out = '';
  let err = '';
  const exit = await runCommandLine([...args, '--config', config], {
    env: { ...SECRETS, STRATOBOT_DATA: join(at, 'data'), DATABASE_URL: bot.database.databaseUrl },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { exit, out, err };
}

const hashes = (text: string) => text.replaceAll(/[0-9a-f]{64}/g, '<hash>');

async function threeLines(): Promise<void> {
  const at = Date.UTC(2026, 10, 21, 1, 42, 16);
  for (const action of ['deploy-requested', 'approve', 'published'])
    await bot.records.audit.append({
      at,
      actor: 'ana',
      action,
      subject: 'deploy:1',
      evidence: { 'x\u001b[1m': 1 },
    });
}

describe('audit verify', () => {
  test('says that the log is whole, and what to keep', async () => {
    expect(await run('audit', 'verify')).toEqual({ exit: 0, out: 'The audit log is empty.\n', err: '' });
    await threeLines();
    const { exit, out } = await run('audit', 'verify');
    expect(exit).toBe(0);
    expect(hashes(out)).toMatchInlineSnapshot(`
      "The audit log is whole: 3 lines, the newest is line 3 of 2026-11-21 01:42:16 UTC.
      Keep its hash elsewhere; next time it shows that nothing was cut off at the end:
        stratobot audit verify --holds <hash>
      "
    `);
    const [kept = ''] = /[0-9a-f]{64}/.exec(out) ?? [];
    expect(await run('audit', 'verify', '--holds', kept)).toEqual({ exit: 0, out, err: '' });
    const json = JSON.parse((await run('audit', 'verify', '--json')).out);
    expect(json).toMatchObject({ kind: 'whole', lines: 3, newest: { line: 3, hash: kept } });
  });

  test('ends with 1 and the first line that does not fit', async () => {
    await threeLines();
    await bot.psql(`ALTER TABLE stratobot.audit DISABLE TRIGGER ALL;
      UPDATE stratobot.audit SET evidence = '{"x": 2}' WHERE id = 2`);
    const { exit, out } = await run('audit', 'verify');
    expect(exit).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "THE AUDIT LOG IS NOT WHOLE: line 2 is not as it was written. The line before is 1.
      "
    `);
    await bot.psql('DELETE FROM stratobot.audit WHERE id = 2');
    expect((await run('audit', 'verify')).out).toMatchInlineSnapshot(`
      "THE AUDIT LOG IS NOT WHOLE: line 3 does not follow what stands before it, so a line was removed or inserted there. The line before is 1.
      "
    `);
    expect((await run('audit', 'verify', '--holds', 'f'.repeat(64))).exit).toBe(1);
  });

  test('ends with 1 when a hash from before is not there any more', async () => {
    await threeLines();
    const { exit, out } = await run('audit', 'verify', '--holds', 'f'.repeat(64));
    expect(exit).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "THE AUDIT LOG IS NOT WHOLE: no line has the hash that was in it once.
      Its 3 lines, up to line 3 of 2026-11-21 01:42:16 UTC, fit together: lines after that were removed, or the whole was written anew, or the database was restored from an older backup.
      "
    `);
  });

  test('ends with 2 when the command line is wrong', async () => {
    expect(await run('audit', 'verify', '--holds', 'abc')).toMatchInlineSnapshot(`
      {
        "err": "stratobot: --holds takes a hash as \`audit verify\` prints it, 64 characters of 0-9 and a-f.
      ",
        "exit": 2,
        "out": "",
      }
    `);
    expect((await run('audit', 'verify', 'deploy:1')).exit).toBe(2);
    expect((await run('audit', 'very')).err).toContain('Did you mean verify?');
  });

  test('changes nothing: a database without a record stays so', async () => {
    await bot.psql('DROP SCHEMA stratobot CASCADE');
    expect(await run('audit', 'verify')).toMatchInlineSnapshot(`
      {
        "err": "stratobot: there is no record of a Stratobot in this database
      ",
        "exit": 1,
        "out": "",
      }
    `);
    await expect(bot.psql('SELECT 1 FROM stratobot.audit')).rejects.toThrow('does not exist');
  });
});

describe('audit list', () => {
  test('prints the newest lines of a subject, fit for a terminal', async () => {
    await threeLines();
    await bot.records.audit.append({ at: 0, actor: 'b', action: 'c', subject: 'deploy:2', evidence: {} });
    expect((await run('audit', 'list')).out).toMatchInlineSnapshot(`
      "1  2026-11-21 01:42:16 UTC  ana  deploy-requested  deploy:1  {"x\\u001b[1m":1}
      2  2026-11-21 01:42:16 UTC  ana  approve  deploy:1  {"x\\u001b[1m":1}
      3  2026-11-21 01:42:16 UTC  ana  published  deploy:1  {"x\\u001b[1m":1}
      4  1970-01-01 00:00:00 UTC  b  c  deploy:2  {}
      "
    `);
    expect((await run('audit', 'list', 'deploy:1', '--last', '1')).out).toMatch(/^3 .*published.*\n$/);
    const { out } = await run('audit', 'list', 'deploy:2', '--json');
    expect(JSON.parse(out)).toMatchObject({ line: 4, actor: 'b', hash: expect.stringMatching(/^\w{64}$/) });
    expect((await run('audit', 'list', 'deploy:3')).out).toBe('No line is about deploy:3.\n');
    expect((await run('audit', 'list', '--last', 'x')).exit).toBe(2);
  });
});

test('a database of a newer Stratobot is refused in a sentence, by every command', async () => {
  await bot.psql(`INSERT INTO stratobot.kysely_migration VALUES ('999-later', '2030-01-01T00:00:00.000Z')`);
  const refused = await run('audit', 'verify');
  const ours = /(?<=knows them up to )[\w-]+/;
  expect({ ...refused, err: refused.err.replace(ours, '<ours>') }).toMatchInlineSnapshot(`
    {
      "err": "stratobot: a newer Stratobot migrated this database: its tables are as of 999-later, and this one knows them up to <ours>. Start the newer version, or restore a backup from before the update
    ",
      "exit": 1,
      "out": "",
    }
  `);
  expect(await run('audit', 'list')).toEqual(refused);
  expect(await run('start')).toEqual(refused);
  expect((await run('doctor')).out).toContain(`FAIL  database: ${refused.err.slice('stratobot: '.length)}`);
  await expect(bot.open()).rejects.toThrow('a newer Stratobot');
});
