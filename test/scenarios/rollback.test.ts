import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const CONFIRM = 'bot: rollback confirm=software.eessi.io@1';

/** Built, deployed, approved, published; what follows is about taking it back. */
async function published(stage: Stage): Promise<void> {
  await stage.built();
  const number = await stage.deployPr();
  stage.skip(STAGING, number);
  await stage.approve('ana', number);
  expect(await stage.said()).toContain('as revision 1 of');
}

async function asked(stage: Stage): Promise<void> {
  await stage.comment('maria', 'bot: rollback');
  expect(await stage.said()).toContain(CONFIRM);
}

const tool = ({ around }: Stage) =>
  existsSync(join(around.publishRoot, 'software.eessi.io/versions/2025.06/software/linux/x86_64/amd/zen2'));

describe('what was published is taken back', () => {
  botTest('by two people, and can be deployed again', async (stage) => {
    const { comment, said, status } = stage;
    await published(stage);
    await comment('maria', 'bot: rollback');
    expect(await said()).toMatchInlineSnapshot(`
      "This takes back revision 1 of \`software.eessi.io\`: the next revision would have nothing in it, as before. **A second person confirms it** within 24 hours, out of members of stack/ingest and not @maria, by writing here:

      \`bot: rollback confirm=software.eessi.io@1\`"
    `);
    expect(tool(stage)).toBe(true);
    await comment('ana', CONFIRM);
    expect(await said()).toMatchInlineSnapshot(
      `"@ana confirmed what @maria asked for. Revision 1 of \`software.eessi.io\` is being taken back."`,
    );
    expect(await said()).toMatchInlineSnapshot(
      `"**Taken back**: revision 2 of \`software.eessi.io\` has nothing in it, as before. Asked for by @maria, confirmed by @ana. \`bot: deploy\` puts the same builds up again."`,
    );
    expect(tool(stage)).toBe(false);
    const line = (await status('**Taken back**')).split('\n').find((one) => one.startsWith('**Taken'));
    expect(line).toMatchInlineSnapshot(
      `"**Taken back**: revision 1 of \`software.eessi.io\` was rolled back by @maria, confirmed by @ana. Revision 2 has nothing in it, as before (1 artifact, digest \`sha256:…\`)."`,
    );
    await comment('maria', 'bot: rollback');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing to take back: what was published from here is taken back already."`,
    );
    await comment('ana', CONFIRM);
    expect(await said()).toContain('was not asked for');

    const again = await stage.deployPr();
    stage.skip(STAGING, again);
    await stage.approve('ana', again);
    expect(await said()).toContain('as revision 3 of');
    expect(tool(stage)).toBe(true);
    const actions = (await stage.bot.world.records.audit.list('deploy:1')).map(({ action }) => action);
    expect(actions.slice(-5)).toMatchInlineSnapshot(`
      [
        "deploy-published",
        "rollback-requested",
        "rollback-confirmed",
        "rolling-back",
        "rolled-back",
      ]
    `);
  });

  botTest('after the pull request was merged, too', async (stage) => {
    await published(stage);
    await stage.github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
    await asked(stage);
    await stage.comment('ana', CONFIRM);
    expect(await stage.said()).toContain('@ana confirmed');
    expect(await stage.said()).toContain('**Taken back**');
  });

  botTest('once, when the bot died before it wrote that it did', async (stage) => {
    await published(stage);
    await asked(stage);
    await stage.comment('ana', CONFIRM);
    expect(await stage.said()).toContain('@ana confirmed');
    expect(await stage.said()).toContain('**Taken back**');
    const before = await stage.deployIs('rolled-back');
    // As if the process had ended right after the publisher, and the queue were lost: the rows are those of before.
    await stage.restart(async () => {
      await stage.psql(`UPDATE deploys SET state = jsonb_build_object('kind', 'published', 'at', 1,
        'pullRequest', 1, 'commit', state->>'commit', 'approvals', jsonb_build_array(jsonb_build_object('reviewer', 'ana',
        'reviewId', 1, 'commit', state->>'commit', 'digest', digest)), 'revision', 1, 'files', 2, 'path', '/x')`);
      await stage.psql(`UPDATE rollbacks SET state = jsonb_build_object('kind', 'running',
        'confirmation', state->'confirmation')`);
      await stage.psql('DROP SCHEMA bullmq CASCADE');
    });
    const after = await stage.deployIs('rolled-back');
    expect(after.state).toMatchObject({ revision: 2, from: 1, to: 0 });
    expect(before.state).toMatchObject({ revision: 2 });
  });
});

describe('nothing is taken back', () => {
  botTest('by one person alone', async (stage) => {
    await published(stage);
    await stage.comment('max', 'bot: rollback');
    expect(await stage.said()).toContain(CONFIRM);
    await stage.comment('max', CONFIRM);
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing was taken back: @max asked for it, so somebody else confirms it, out of members of stack/ingest."`,
    );
    await stage.comment('maria', CONFIRM);
    expect(await stage.said()).toMatchInlineSnapshot(
      `"@maria, what is published is taken back here by members of stack/ingest. One of them can comment \`bot: rollback confirm=software.eessi.io@1\`."`,
    );
    await stage.comment('eve', 'bot: rollback');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"@eve, deploys here are asked for by members of stack/builders. One of them can comment \`bot: rollback\`."`,
    );
    await stage.comment('maria', 'bot: rollback');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"@max has asked for this already; it waits for a second person to write \`bot: rollback confirm=software.eessi.io@1\`."`,
    );
    await stage.comment('ana', 'bot: rollback confirm=software.eessi.io@7');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing was taken back: \`software.eessi.io@7\` was not asked for, or more than 24 hours ago. What waits is confirmed by \`bot: rollback confirm=software.eessi.io@1\`."`,
    );
    await stage.comment('ana', 'bot: rollback confirm=1');
    expect(await stage.said()).toMatchInlineSnapshot(`
      "Nothing was started. Line 1: what is confirmed is a repository and its revision.
      \`\`\`
      bot: rollback confirm=1
                            ^ as in confirm=software.eessi.io@42
      \`\`\`

      Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help rollback\` has examples."
    `);
    expect(tool(stage)).toBe(true);
  });

  botTest('more than a day later', async (stage) => {
    await published(stage);
    await asked(stage);
    await stage.psql('UPDATE rollbacks SET asked_at = asked_at - 86400001');
    await stage.comment('ana', CONFIRM);
    expect(await stage.said()).toContain('or more than 24 hours ago');
    await asked(stage);
  });

  botTest('when somebody changed what is published meanwhile', async (stage) => {
    stage.expectComplaint('rollback failed');
    await published(stage);
    await asked(stage);
    await rm(join(stage.around.publishRoot, 'software.eessi.io'));
    await stage.comment('ana', CONFIRM);
    expect(await stage.said()).toContain('@ana confirmed');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"**Nothing was taken back**; revision 1 of \`software.eessi.io\` stays: software.eessi.io shows revision 0, and deploy 1 is revision 1; going back would undo more. \`bot: rollback\` asks for it again once that is mended."`,
    );
    expect((await stage.deployIs('published')).id).toBe(1);
  });

  botTest('where nothing was published', async (stage) => {
    await stage.openPullRequest();
    await stage.comment('maria', 'bot: rollback');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing to take back: nothing was published from this pull request."`,
    );
  });

  botTest('when the publication of another pull request is on top', async (stage) => {
    await published(stage);
    const other = await stage.github.openPullRequest(SOFTWARE, {
      by: 'jo',
      title: 'Add more',
      changes: { 'easystacks/more.yml': 'easyconfigs:\n  - more-1.0.eb\n' },
    });
    await stage.comment('maria', 'bot: build arch=neoverse_n1', other.number);
    await stage.status(': built', other.number);
    await stage.comment('maria', 'bot: deploy', other.number);
    expect(await stage.said(SOFTWARE, other.number)).toContain('Put up for approval');
    stage.skip(STAGING, 2);
    await stage.approve('ana', 2);
    expect(await stage.said(SOFTWARE, other.number)).toContain('as revision 2 of');
    await stage.comment('maria', 'bot: rollback');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing was taken back: revision 1 of \`software.eessi.io\` is not the newest any more. Going back would also remove revision 2 by stack/software-layer#2; that has to be taken back first."`,
    );
  });
});
