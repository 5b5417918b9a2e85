/** `stratobot s3 lifecycle`: what a bucket does by itself with what the bot puts there. */
import { fixedPrefix } from '../artifacts/key.ts';
import { s3Client } from '../artifacts/s3-client.ts';
import { lifecycleOf, rulesOfOthers, writeRules } from '../artifacts/s3-lifecycle.ts';
import type { Config } from '../config/config.ts';
import { Permanent, Retryable } from '../domain/errors.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** Prints the rules, and writes them unless it is a dry run; the rules of others stay as they are. */
export async function s3Lifecycle(
  config: Config,
  { dryRun }: { dryRun: boolean },
  screen: { out(text: string): void; err(text: string): void },
): Promise<ExitCode> {
  const { artifacts, instance } = config;
  if (artifacts.kind !== 's3') {
    screen.err(
      'stratobot: the artifacts are kept in a folder (`artifacts.directory`); only a bucket has rules\n',
    );
    return EXIT.usage;
  }
  const { endpoint, region, bucket, pathStyle, accessKeyId, secretAccessKey } = artifacts;
  const client = s3Client({
    ...(endpoint === null ? {} : { endpoint }),
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId, secretAccessKey },
  });
  const prefix = fixedPrefix(artifacts.keyPrefix);
  const ours = lifecycleOf(instance, prefix);
  try {
    const others = await rulesOfOthers(client, bucket, instance);
    const rules = [...others, ...ours.map(({ rule }) => rule)];
    screen.out(
      [
        `bucket ${bucket}, ${prefix === '' ? 'all keys' : `keys that begin with ${prefix}`}`,
        '',
        ...table([
          ...ours.map(({ rule, does }) => [rule.ID ?? '', does]),
          ...others.map((rule) => [rule.ID ?? '(no id)', 'not ours, stays as it is']),
        ]),
        '',
        ...(dryRun ? [JSON.stringify({ Rules: rules }, null, 2), ''] : []),
      ].join('\n'),
    );
    if (!dryRun) await writeRules(client, bucket, rules);
    screen.out(dryRun ? 'Nothing was written.\n' : 'The bucket has these rules now.\n');
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Permanent || error instanceof Retryable)) throw error;
    screen.err(`stratobot: ${error.message}\n`);
    return EXIT.failure;
  } finally {
    client.destroy();
  }
}

function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([id = '']) => id.length));
  return rows.map(([id = '', does = '']) => `${id.padEnd(width)}  ${does}`);
}
