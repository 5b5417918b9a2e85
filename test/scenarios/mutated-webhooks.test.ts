/** Webhooks of a real conversation, changed at random, through the whole bot: none breaks it, none is left undone. */
import { expect } from 'vitest';
import { mutatedJson } from '../../fuzz/json.ts';
import { Random } from '../../fuzz/random.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const SEED = Number(process.env.STRATOBOT_FUZZ_SEED ?? 2026);
const CASES = Number(process.env.STRATOBOT_FUZZ_CASES ?? 60);

botTest('changed webhooks are dealt with, each in one way or another, and the bot goes on', async (stage) => {
  const { github, bot } = stage;
  // What cannot be read, or cannot be carried out, is given up with its reason; what may pass is tried again.
  stage.expectComplaint('delivery given up', 'a job failed and will be tried again');
  await stage.built();
  const deployPr = await stage.deployPr();
  await stage.approve('maria', deployPr);
  const told = github.deliveries.map(({ event, payload }) => ({ event, payload }));
  for (let number = 0; number < CASES; number += 1) {
    const random = new Random(SEED, number);
    const { event, payload } = random.pick(told);
    const changed = mutatedJson(payload, random) as Json | null;
    // What is no object is refused at the door; the double sends none.
    if (typeof changed !== 'object' || changed === null) continue;
    const { statusCode } = await github.sendRaw({ event, payload: changed });
    expect([200, 400], JSON.stringify({ number, event, changed }).slice(0, 2_000)).toContain(statusCode);
  }
  await bot.handled();
  for (const { number } of github.pullRequests(SOFTWARE)) stage.skip(SOFTWARE, number);
  for (const { number } of github.pullRequests(STAGING)) stage.skip(STAGING, number);
  await stage.comment('maria', 'bot: ping');
  await github.waitFor(() => github.comments(SOFTWARE, 1).some(({ body }) => body.includes('is here')), {
    what: 'an answer to ping',
  });
});
