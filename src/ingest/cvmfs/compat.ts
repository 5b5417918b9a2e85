import { Readable } from 'node:stream';
import { Permanent } from '../../domain/errors.ts';
import { joinTarballs } from '../../tarball/join.ts';
import type { Commands } from '../commands.ts';
import type { Prepared } from './prepare.ts';

/**
 * Replaces compatibility layers inside the open transaction, so that clients see the old one or the new one and never
 * none: `compat/<os>/<arch>` that exists becomes `compat/<os>/.<arch>-NNN`, then the new one is unpacked in its place.
 */
export async function replaceCompat(run: Commands, mount: string, part: Prepared): Promise<void> {
  const base = `${mount}/${part.group.base}`;
  for (const layer of part.compatLayers) await moveAside(run, `${base}/${layer}`);
  await run.quick(['mkdir', '-p', base]);
  const joined = joinTarballs(part.group.files, part.keep());
  const untar = ['tar', '--extract', '--file=-', '--no-same-owner', '--no-same-permissions'];
  const safely = ['--keep-directory-symlink', '--delay-directory-restore', `--directory=${base}`];
  await run.long([...untar, ...safely], Readable.from(joined.bytes, { objectMode: false }));
}

async function moveAside(run: Commands, layer: string): Promise<void> {
  if (!(await run.ask(['test', '-e', layer])).ok) return;
  const at = layer.lastIndexOf('/');
  const [folder, arch] = [layer.slice(0, at), layer.slice(at + 1)];
  const names = await run.quick(['find', folder, '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\n']);
  const taken = names.split('\n').flatMap((name) => {
    const match = name.startsWith(`.${arch}-`) ? /^\d{3,9}$/.exec(name.slice(arch.length + 2)) : null;
    return match === null ? [] : [Number(match[0])];
  });
  const next = Math.max(0, ...taken) + 1;
  if (next > 999) throw new Permanent(`${folder} has 999 old layers of ${arch}; remove some.`);
  await run.long(['mv', '-T', layer, `${folder}/.${arch}-${String(next).padStart(3, '0')}`]);
}
