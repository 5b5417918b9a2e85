/** Webhooks that came together, and a bot that dies between two steps of taking them in. */
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { SOFTWARE, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT = { timeout: 60_000, interval: 50 };
const COMMENTS = 6;
const ROWS = `SELECT guid, state, payload::json->'comment'->>'id' AS comment FROM stratobot.deliveries
  WHERE event = 'issue_comment' AND payload::json->'comment'->'user'->>'login' = 'maria'`;
const STUCK = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INTO stratobot.deliveries%'`;

test.each([
  // Two commits are under way, the other webhooks wait for the next.
  ['before their commit', 'stratobot.deliveries', STUCK, 2],
  ['between their commit and the queue', 'bullmq.job', ROWS, COMMENTS],
])('a bot killed %s loses and doubles none of them', { timeout: 180_000 }, async (_, table, seen, rows) => {
  const { databaseUrl, drop } = await freshDatabase();
  onTestFinished(drop);
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 'directory',
    databaseUrl,
  });
  onTestFinished(() => around.close());
  let bot = await startBotProcess(around);
  onTestFinished(() => bot.kill());
  onTestFailed(() => console.error(bot.output()));
  const sql = new pg.Client(databaseUrl);
  sql.on('error', () => undefined); // the database is dropped when the test has failed
  await sql.connect();
  const holder = new pg.Client(databaseUrl);
  holder.on('error', () => undefined);
  await holder.connect();
  const { github } = around;
  await github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes: { tool: '1.0' } });

  await holder.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  const telling = Array.from({ length: COMMENTS }, () =>
    github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: ping' }),
  );
  await expect.poll(async () => (await sql.query(seen)).rowCount, WAIT).toBe(rows);
  await bot.kill();
  await holder.query('ROLLBACK');
  await holder.end();
  const told = await Promise.all(telling);

  bot = await startBotProcess(around);
  const done = async () => (await sql.query(`${ROWS} AND state = 'done'`)).rowCount;
  await expect.poll(done, WAIT).toBe(COMMENTS);
  const replies = () =>
    github.comments(SOFTWARE, 1).filter(({ author, body }) => author !== 'maria' && /is here/.test(body));
  await expect.poll(() => replies().length, WAIT).toBe(COMMENTS);
  const recorded = (await sql.query(ROWS)).rows.map(({ comment }) => Number(comment));
  expect(recorded.sort()).toEqual(told.map(({ id }) => id).sort());
  expect(await bot.end()).toBe(0);
  expect(replies()).toHaveLength(COMMENTS);
  await sql.end();
});
