/** `npm run test:chaos -- --kills 100 --seed 7`: the whole flow while everything around it is killed, and what became of it. */
import { parseArgs } from 'node:util';
import { type Outcome, playRound } from './play.ts';

const USAGE = `npm run test:chaos -- [--kills 100] [--seed N] [--pulls 10] [--queue postgres|redis] [--round-kills 50]

Ten pull requests of four builds each go from the comment to the published revision, on real processes, while bots, their
PostgreSQL, Redis, the S3 server, sshd, slurmctld and slurmd are killed and GitHub is unwell. In the end everything is looked
at: each effect once, each command answered, each row final. Kills are spread over rounds; round N of seed S is seed S+N-1.
The same seed brings the same trouble: what is killed, after how many events, for how long. Exit code 0: nothing was found.
`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: 'string', default: '100' },
        seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) },
        pulls: { type: 'string', default: '10' },
        queue: { type: 'string', default: 'postgres' },
        'round-kills': { type: 'string', default: '50' },
        help: { type: 'boolean', default: false },
      },
    });
    const [kills, seed, pulls, perRound] = [
      values.kills,
      values.seed,
      values.pulls,
      values['round-kills'],
    ].map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN));
    const { queue } = values;
    if (values.help) return 'help';
    if (queue !== 'postgres' && queue !== 'redis') throw new Error('--queue is postgres or redis');
    if (kills === undefined || seed === undefined || !pulls || !perRound || Number.isNaN(kills + seed))
      throw new Error('--kills, --seed, --pulls and --round-kills are whole numbers');
    return { kills, seed, pulls, perRound, queue } as const;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n`);
    return null;
  }
}

const asked = options();
if (asked === null || asked === 'help') {
  (asked === null ? process.stderr : process.stdout).write(USAGE);
  process.exit(asked === null ? 2 : 0);
}
const { kills, seed, pulls, perRound, queue } = asked;
const rounds = Math.max(1, Math.ceil(kills / perRound));
const outcomes: Outcome[] = [];
for (let index = 0; index < rounds; index += 1) {
  const share = Math.min(perRound, kills - index * perRound);
  const round = { seed: seed + index, kills: share, pulls, queue };
  const label = `round ${index + 1} of ${rounds}, seed ${round.seed}`;
  const outcome = await playRound(round, ({ kills: killed, pulls: opened, published }) => {
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r\x1b[K${label}: ${killed} of ${share} kills, ${published} of ${opened} pull requests published`,
      );
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  outcomes.push(outcome);
  print(label, outcome);
}
const found = outcomes.flatMap(({ findings }) => findings).length;
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + count(one), 0);
process.stdout.write(
  `${JSON.stringify({
    seed,
    rounds,
    queue,
    kills: sum((one) => Object.values(one.kills).reduce((all, count) => all + count, 0)),
    illnesses: sum(({ illnesses }) => illnesses),
    pulls: sum((one) => one.pulls),
    again: sum(({ again }) => again.length),
    found,
    seconds: Math.round(sum(({ seconds }) => seconds)),
  })}\n`,
);
process.exit(found === 0 ? 0 : 1);

function print(
  label: string,
  { findings, kills: killed, illnesses, pulls: opened, again, seconds, logs }: Outcome,
) {
  const victims = Object.entries(killed)
    .sort()
    .map(([victim, count]) => `${victim} ${count}`);
  process.stdout.write(
    `${findings.length === 0 ? 'ok ' : 'BAD'} ${label}: ${opened} pull requests published; killed ${victims.join(', ')}; ` +
      `GitHub unwell ${illnesses} times; ${again.length} commands repeated; ${seconds.toFixed(0)} s\n`,
  );
  for (const finding of findings) process.stdout.write(`    ${finding}\n`);
  for (const { pull, body, why } of again)
    process.stdout.write(
      `    #${pull} ${body} again: ${why.split('\n').slice(0, 12).join(' ').slice(0, 400)}\n`,
    );
  if (logs !== null) process.stdout.write(`    logs: ${logs}\n`);
}
