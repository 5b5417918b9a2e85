/** People at work while everything around the bots breaks: they read what the bots say, and ask again where they are told to. */
import { setTimeout as delay } from 'node:timers/promises';
import type { GitHubDouble } from '../harness/github/double.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';
import { TARGETS } from './config.ts';

/** Longer than any step takes that is not lost, also on a machine that does ten other things. */
const PATIENCE_MS = 400_000;
/** How often somebody asks for the same thing again before it counts as a failure of the bots. */
const MOST_TIMES = 6;

/** What is answered where nobody told the bot in time which commit a command was for. */
export const ASK_AGAIN = /Nothing was started: (?:it is not certain that|the branch moved to) .* ask again/;

/** What the build script says where it fails on purpose. */
const MEANT_TO_FAIL = 'does not compile the first time';

/** What people did, for whoever checks whether each of it was answered. */
export interface Diary {
  /** Comments with a command, on the software repository. */
  commands: { id: number; pull: number; body: string }[];
  /** Approving reviews in the staging repository. */
  reviews: { id: number; pull: number; by: string }[];
  /** Commands that were repeated, as the answer said that something did not work which was not meant to fail. */
  again: { pull: number; body: string; why: string }[];
  /** Pull requests of which the bots said that their software is published, and what it is called. */
  published: { pull: number; tool: string }[];
}

export const newDiary = (): Diary => ({ commands: [], reviews: [], again: [], published: [] });

/** One pull request, from its opening to the published revision; in every third something is refused or rejected first. */
export async function playPullRequest(
  github: GitHubDouble,
  ledger: string,
  diary: Diary,
  index: number,
): Promise<void> {
  const tool = `tool-${index}`;
  const { number } = await github.openPullRequest(SOFTWARE, {
    by: 'jo',
    title: `Add ${tool} 1.0`,
    branch: tool,
    changes: {
      [`easystacks/software.eessi.io/2025.06/${tool}.yml`]: `easyconfigs:\n  - ${tool}-1.0.eb\n`,
      tool: `${tool}\n`,
      ledger: `${ledger}\n`,
      behaviour: index % 3 === 1 ? `${TARGETS[index % TARGETS.length]}\n` : 'none\n',
    },
  });
  const scene = sceneOf(github, number, diary);
  if (index % 3 === 2) await scene.command('maria', 'bot: help');
  await scene.build();
  if (index % 3 === 0) await scene.command('maria', 'bot: status');
  await scene.publish({ refusedFirst: index % 3 === 2, rejectedFirst: index % 3 === 0 });
  diary.published.push({ pull: number, tool });
}

function sceneOf(github: GitHubDouble, number: number, diary: Diary) {
  const said = () => spoken(github, SOFTWARE, number);
  const waitFor = <T>(what: string, look: () => T) =>
    github.waitFor(look, { timeoutMs: PATIENCE_MS, what: `${what} on ${SOFTWARE}#${number}` });
  const command = async (by: string, body: string) => {
    const { id } = await github.comment(SOFTWARE, number, { by, body });
    diary.commands.push({ id, pull: number, body });
  };
  const again = async (body: string, why: string) => {
    if (why.includes(MEANT_TO_FAIL)) {
      await command('maria', body);
      return;
    }
    const times = diary.again.filter((one) => one.pull === number && one.body === body).length;
    if (times >= MOST_TIMES) throw new Error(`${body} on #${number} did not work: ${why}`);
    diary.again.push({ pull: number, body, why });
    await command('maria', body);
  };
  const status = () => said().findLast((body) => body.includes('### Build of')) ?? '';

  /** Every target built, asked for as often as it takes. */
  async function build(): Promise<void> {
    let before = said().length;
    await command('maria', 'bot: build arch=all');
    for (;;) {
      const refusal = () =>
        said()
          .slice(before)
          .find((body) => ASK_AGAIN.test(body));
      const text = await waitFor('the end of the builds', () =>
        isOver(status()) ? status() : (refusal() ?? null),
      );
      if (ASK_AGAIN.test(text)) {
        before = said().length;
        // Looking at the commit takes them longer; within the same second nobody could tell which one they mean.
        await delay(1_000);
        await again('bot: build arch=all', text);
        continue;
      }
      if (text.includes(`: all ${TARGETS.length} targets built`)) return;
      await again('bot: retry', text);
      await waitFor('the retry to begin', () => status() !== text);
    }
  }

  /** The deploy PR that waits for approval, once the bots have put one up. */
  async function putUp(): Promise<number> {
    let before = said().length;
    await command('maria', 'bot: deploy');
    for (;;) {
      const answer = await waitFor('a deploy PR', () => {
        const open = deployPull(github, number);
        if (open !== undefined) return { open };
        const text = said()
          .slice(before)
          .find((body) => /could not be put up|Nothing was put up/.test(body));
        return text === undefined ? null : { text };
      });
      if ('open' in answer) return answer.open;
      before = said().length;
      await again('bot: deploy', answer.text);
    }
  }

  async function approve(pull: number, by: string): Promise<void> {
    const { id } = await github.review(STAGING, pull, { by, state: 'approved' });
    diary.reviews.push({ id, pull, by });
  }

  async function publish({ refusedFirst, rejectedFirst }: { refusedFirst: boolean; rejectedFirst: boolean }) {
    let pull = await putUp();
    if (rejectedFirst) {
      await github.closePullRequest(STAGING, pull, { by: 'ana' });
      await waitFor('word of the rejection', () =>
        said().some((body) => body.includes('rejects this deploy')),
      );
      pull = await putUp();
    }
    if (refusedFirst) {
      await approve(pull, 'jo');
      await waitFor('a refusal of what its author approved', () =>
        spoken(github, STAGING, pull).some((body) => body.includes('does not count')),
      );
    }
    for (;;) {
      const before = said().length;
      await approve(pull, 'ana');
      const end = await waitFor('the published revision', () =>
        said()
          .slice(before)
          .find((body) => /^(?:<!--.*-->\s*)?\*\*(?:Published|Nothing was published)\*\*/.test(body)),
      );
      if (end.includes('**Published**')) return;
      diary.again.push({ pull: number, body: 'bot: deploy', why: end });
      pull = await putUp();
    }
  }

  return { command, build, publish };
}

/** Whether a status comment says that every build has ended and none will be tried again by itself. */
function isOver(status: string): boolean {
  const [, title = ''] = /### Build of [^:]*: (.*)/.exec(status) ?? [];
  if (/^all \d+ targets built/.test(title)) return true;
  return /\bfailed\b/.test(title) && !/running|waiting|being|tried again/.test(title);
}

/** The newest open deploy PR of a pull request. */
function deployPull(github: GitHubDouble, number: number): number | undefined {
  const ofIt = new RegExp(`software-layer#${number}\\b`);
  return github.pullRequests(STAGING).findLast(({ state, body }) => state === 'open' && ofIt.test(body ?? ''))
    ?.number;
}

/** What the bots said there, oldest first. */
export function spoken(github: GitHubDouble, repo: string, number: number): string[] {
  return github
    .comments(repo, number)
    .flatMap(({ author, body }) => (author.endsWith('[bot]') ? [body] : []));
}
