import { expect } from 'vitest';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';

const itself = {
  store: 's3' as const,
  configure(config: ConfigDraft) {
    for (const pool of config.pools) pool.collect = 'presigned';
  },
};

async function keys({ bot }: Stage): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of bot.world.store.list('')) found.push(key.replace(/^.*\//, ''));
  return found;
}

botTest(
  'the node uploads the artifact itself, and it gets its key when it is judged',
  async (stage) => {
    await stage.built();
    const [artifact] = await stage.bot.world.records.artifacts.ofBuild(1);
    const stored = (await keys(stage)).filter((key) => !key.endsWith('.sig'));
    expect(stored).toEqual([artifact?.name, `${artifact?.name}.meta.txt`]);
    expect(artifact?.overview.modules).not.toEqual([]);
    const { headers } = await fetch(stage.bot.world.store.url(artifact?.key ?? ''));
    const { headSha: commit } = (await stage.bot.world.records.requests.get(1)) ?? {};
    const about = {
      repo: 'stack/software-layer',
      'pull-request': '1',
      commit,
      target: 'x86_64/amd/zen2',
      build: '1',
    };
    expect(Object.fromEntries(headers)).toMatchObject(
      Object.fromEntries(Object.entries(about).map(([name, value]) => [`x-amz-meta-${name}`, value])),
    );
  },
  itself,
);

botTest(
  'what the node uploaded is refused, and nothing of it stays',
  async (stage) => {
    stage.expectComplaint('artifact refused');
    await stage.openPullRequest('escape');
    await stage.comment('maria', 'bot: build arch=zen2');
    expect(await stage.status('was refused')).toContain('has `..` in its path');
    expect(await keys(stage)).toEqual([]);
  },
  itself,
);
