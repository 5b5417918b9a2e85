import { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';
import { PathIndex } from '../domain/path-index.ts';
import { type Differences, type Meeting, misfit, repositoryPolicy } from '../domain/repository-policy.ts';
import type { Publisher } from '../ports.ts';
import type { Commands } from './commands.ts';
import { groupsOf } from './cvmfs/groups.ts';
import { digestsOf, type Place, surveyOf } from './cvmfs/survey.ts';

type Compared = Parameters<Publisher['compare']>[0];

/** Paths that one remote command is asked about; its answers, and the paths, are held in memory. */
const askedAtOnce = 20_000;

/** For each path, in order: mode and size of it, or of /dev/null where nothing is. */
const statScript = `for p do
shift
if [ -L "$p" ] || [ -e "$p" ]; then set -- "$@" "$p"; else set -- "$@" /dev/null; fi
done
exec stat --printf '%f %s\\n' -- "$@"`;
const absent = 0x2000;
const kinds: Record<number, Meeting['found']> = { 16384: 'directory', 32768: 'file', 40960: 'link' };

/**
 * What publishing would change below `tree`, by the rules of domain/repository-policy.ts. Kinds and sizes are compared first;
 * contents only where sizes are equal, by their digests. A command for every 20,000 paths, and no more memory than that takes.
 * @param options `layersAside`: as in repositoryPolicy()
 */
export async function differencesOf(
  run: Commands,
  tree: string,
  deploy: Compared,
  options: { layersAside: boolean },
): Promise<Differences> {
  const policy = repositoryPolicy({ rebuild: deploy.rebuild, ...options });
  for (const { base, compat, files } of groupsOf(deploy.files)) {
    const meet = (place: Place, found: Meeting['found'], same: boolean): void =>
      policy.meet({ path: place.path, wanted: place.kind, found, same, layer: compat });
    /** Files of which the repository has one of the same size: `file` until it is compared. */
    const sameSize = new PathIndex();
    /** Hard links that are files there, by the member they lead to, whose content is theirs. */
    const linked = new Map<string, Place[]>();
    const survey = surveyOf(files);
    for await (const places of inBatches(onceEach(survey.places()))) {
      const links: Place[] = [];
      const found = await lookUp(run, `${tree}/${base}`, places);
      for (const [index, place] of places.entries()) {
        const { kind = 'nothing', bytes = 0 } = found[index] ?? {};
        if (place.kind === 'link' && kind === 'link' && bytes === Buffer.byteLength(place.link ?? '')) {
          links.push(place);
        } else if (place.kind === 'file' && kind === 'file' && place.link !== null) {
          linked.set(place.link, [...(linked.get(place.link) ?? []), place]);
        } else if (place.kind === 'file' && kind === 'file' && bytes === place.bytes) {
          sameSize.set(place.path, 'file');
        } else meet(place, kind, false);
      }
      const targets = await answers(run, ['readlink', '-z', '--'], `${tree}/${base}`, links);
      for (const [index, place] of links.entries()) meet(place, 'link', targets[index] === place.link);
    }
    // Two tarballs that have one path must have the same there, or who comes last would win.
    await survey.contents();
    const due = ({ path }: { path: string }) => sameSize.get(path) === 'file' || linked.has(path);
    for await (const batch of inBatches(digestsOf(files, due))) {
      const compared = batch.flatMap(({ path, sha256 }) => {
        const places: Place[] = linked.get(path) ?? [];
        linked.delete(path);
        const own = sameSize.get(path) === 'file';
        sameSize.set(path, 'implied');
        return [...(own ? [{ path, kind: 'file', bytes: 0, link: null } as const] : []), ...places].map(
          (place) => ({ ...place, sha256 }),
        );
      });
      const argv = ['sh', '-c', 'sha256sum --zero -- "$@" | cut --zero-terminated -c 1-64', 'sh'];
      const digests = await answers(run, argv, `${tree}/${base}`, compared);
      for (const [index, place] of compared.entries()) meet(place, 'file', digests[index] === place.sha256);
    }
    // Hard links that lead to another hard link.
    for (const place of [...linked.values()].flat()) meet(place, 'file', false);
  }
  return policy.end();
}

/** Throws Permanent, with the reason, where a deploy does not fit its repository. */
export function requireFit(repository: string, differences: Differences): void {
  const reason = misfit(repository, differences);
  if (reason !== null) throw new Permanent(`${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
}

async function* onceEach(places: AsyncIterable<Place>): AsyncGenerator<Place> {
  const seen = new PathIndex();
  for await (const place of places) {
    if (seen.get(place.path) !== null) continue;
    seen.set(place.path, 'file');
    yield place;
  }
}

async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < askedAtOnce) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function lookUp(
  run: Commands,
  folder: string,
  places: readonly Place[],
): Promise<{ kind: Meeting['found']; bytes: number }[]> {
  // The script is quadratic in the number of its arguments.
  const argv = ['xargs', '-0', '-r', '-n', '200', 'sh', '-c', statScript, 'sh'];
  const lines = await linesOf(run, argv, folder, places, '\n');
  return lines.map((line) => {
    const [mode = '', bytes = ''] = line.split(' ');
    const type = Number.parseInt(mode, 16) & 0xf000;
    return { kind: type === absent ? 'nothing' : (kinds[type] ?? 'other'), bytes: Number(bytes) };
  });
}

/** One answer a path from a command that is given the paths, and ends each answer with NUL. */
async function answers(
  run: Commands,
  argv: readonly string[],
  folder: string,
  places: readonly { path: string }[],
): Promise<string[]> {
  if (places.length === 0) return [];
  return await linesOf(run, ['xargs', '-0', '-r', ...argv], folder, places, '\0');
}

/**
 * One line a path, from a command that is given the paths. A path that was there for one command and is gone for the next, or in the middle of one, means that the
 * repository is being published anew: Retryable, as it is whole again in a moment.
 */
async function linesOf(
  run: Commands,
  argv: readonly string[],
  folder: string,
  places: readonly { path: string }[],
  end: string,
): Promise<string[]> {
  const paths = places.map(({ path }) => Buffer.from(`${folder}/${path}\0`));
  try {
    const output = await run.long(argv, Readable.from(paths, { objectMode: false }));
    const lines = output.split(end).slice(0, -1);
    if (lines.length === places.length) return lines;
    throw new Permanent(`${lines.length} of ${places.length} paths were found`);
  } catch (error) {
    if (!(error instanceof Permanent) || /Permission denied|ended with 12[67]\b/.test(error.message))
      throw error;
    const why = 'it may have been published anew meanwhile';
    throw new Retryable(`${folder} could not be compared with the deploy, ${why}: ${error.message}`, {
      cause: error,
    });
  }
}
