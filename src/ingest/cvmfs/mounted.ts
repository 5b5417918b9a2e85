import { Readable } from 'node:stream';
import { Permanent } from '../../domain/errors.ts';
import { showName } from '../../domain/tarball-policy.ts';
import type { Commands } from '../commands.ts';
import type { Contents, Place } from './survey.ts';

/** One character for each path, in order: link, directory, other file, absent. */
const kindScript = `for p do
if [ -L "$p" ]; then printf l
elif [ -d "$p" ]; then printf d
elif [ -e "$p" ]; then printf f
else printf n
fi
done`;

type Named = Pick<Place, 'path' | 'kind'>;

/** Content of a repository as the Stratum 0 itself shows it below /cvmfs. */
export interface Mounted {
  /**
   * Looks up every place below a base. `before`: nothing there may be of a kind that the new content would silently
   * replace, or lie on the way to it; `after`: everything must be there. Throws Permanent.
   */
  compare(when: 'before' | 'after', base: string, places: () => AsyncIterable<Named>): Promise<void>;
  /** Throws Permanent where the content of a file is not what was in its tarball. */
  compareContent(base: string, sample: Contents['sample']): Promise<void>;
}

export function mountedAt(run: Commands, mount: string): Mounted {
  return {
    async compare(when, base, places) {
      const wanted: string[] = [];
      const ask = async function* (): AsyncGenerator<Buffer> {
        for await (const { path, kind } of below(base, places())) {
          wanted.push(kind === 'directory' ? 'd' : kind === 'link' ? 'l' : 'f');
          yield Buffer.from(path === '' ? `${mount}\0` : `${mount}/${path}\0`);
        }
      };
      const argv = ['xargs', '-0', '-r', 'sh', '-c', kindScript, 'sh'];
      const found = await run.long(argv, Readable.from(ask(), { objectMode: false }));
      if (found.length !== wanted.length) throw new Permanent(`${mount} could not be looked through.`);
      const fits = when === 'after' ? (want: string, is: string) => want === is : mayBecome;
      const at = wanted.findIndex((want, index) => !fits(want, found[index] ?? 'n'));
      if (at < 0) return;
      const path = await nth(below(base, places()), at);
      throw new Permanent(problem(when, mount, path, wanted[at] ?? '', found[at] ?? ''));
    },
    async compareContent(base, sample) {
      for (let at = 0; at < sample.length; at += 100) {
        const some = sample.slice(at, at + 100);
        const paths = some.map(({ path }) => `${mount}/${base}/${path}`);
        const lines = (await run.long(['sha256sum', '--zero', '--', ...paths])).split('\0');
        some.forEach(({ path, sha256 }, index) => {
          if (lines[index]?.startsWith(`${sha256} `)) return;
          throw new Permanent(`${showName(`${mount}/${base}/${path}`)} is not what was in its tarball.`);
        });
      }
    },
  };
}

/** The mount itself, the base and all above it, and the places below. */
async function* below(base: string, places: AsyncIterable<Named>): AsyncGenerator<Named> {
  yield { path: '', kind: 'directory' };
  const parts = base.split('/');
  for (let count = 1; count <= parts.length; count++) {
    yield { path: parts.slice(0, count).join('/'), kind: 'directory' };
  }
  for await (const { path, kind } of places) yield { path: `${base}/${path}`, kind };
}

/** A directory needs a directory or nothing; a file or link may replace its like, and never a directory. */
function mayBecome(want: string, is: string): boolean {
  return want === 'd' ? is === 'd' || is === 'n' : is !== 'd';
}

async function nth(places: AsyncIterable<Named>, at: number): Promise<string> {
  let index = 0;
  for await (const { path } of places) if (index++ === at) return path;
  return '';
}

const words: Record<string, string> = { d: 'a directory', f: 'a file', l: 'a symlink', n: 'nothing' };

function problem(when: 'before' | 'after', mount: string, path: string, want: string, is: string): string {
  const where = showName(path === '' ? mount : `${mount}/${path}`);
  return when === 'before'
    ? `${where} is ${words[is]} in the repository, and the deploy has ${words[want]} there.`
    : `${where} should be ${words[want]} now, and is ${words[is]}.`;
}
