import { describe, expect, test } from 'vitest';
import type { MirrorWatch } from '../../src/domain/publication.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { aDeploy } from '../harness/rows.ts';

const bot = freshRecords();

describe('servers on their way to a revision', () => {
  const watches = async (): Promise<MirrorWatch[]> => {
    const { deploy } = await bot.records.deploys.create(aDeploy());
    const common = { deployId: deploy.id, state: 'watching', at: 1, publishedAt: 1, deadline: 9 } as const;
    const unseen = { revision: null, problem: null, nextLookAt: 1 };
    return ['eu-1', 'us-1'].map((server) => ({ ...common, ...unseen, server, url: `http://${server}` }));
  };

  test('are rows once, whatever the configuration says later', async () => {
    const [eu, us] = await watches();
    if (!eu || !us) throw new Error('there are two');
    await bot.records.publications.begin([eu, us]);
    await bot.records.publications.begin([{ ...eu, url: 'http://elsewhere' }]);
    await bot.records.publications.begin([]);
    expect(await bot.records.publications.ofDeploy(eu.deployId)).toEqual([eu, us]);
    expect(await bot.records.publications.ofDeploy(eu.deployId + 1)).toEqual([]);
  });

  test('are looked at until nobody has a next look', async () => {
    const [eu, us] = await watches();
    if (!eu || !us) throw new Error('there are two');
    await bot.records.publications.begin([eu, us]);
    const there: MirrorWatch = { ...eu, state: 'there', at: 5, revision: 3, nextLookAt: null };
    await bot.records.publications.looked(there);
    expect(await bot.records.publications.ofDeploy(eu.deployId)).toEqual([there, us]);
    expect(await bot.records.publications.watched()).toEqual([eu.deployId]);
    await bot.records.publications.looked({ ...us, nextLookAt: null });
    expect(await bot.records.publications.watched()).toEqual([]);
  });

  test('are not there without a revision', async () => {
    const [eu] = await watches();
    if (!eu) throw new Error('there are two');
    await bot.records.publications.begin([eu]);
    await expect(
      bot.records.publications.looked({ ...eu, state: 'there', nextLookAt: null }),
    ).rejects.toThrow();
  });
});
