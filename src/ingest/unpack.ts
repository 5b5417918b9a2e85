import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { parseArtifactName } from '../domain/artifact-name.ts';
import { Permanent } from '../domain/errors.ts';
import type { SpooledArtifact } from '../ports.ts';
import { BrokenTarball, type Compression, decompress } from '../tarball/decompress.ts';
import { TarReader } from '../tarball/reader.ts';
import { chunksOf } from '../tarball/source.ts';
import { type Commands, openDirectories } from './commands.ts';

/**
 * Unpacks an artifact below `tree`, by way of an empty directory: so no symlink that is in the tree can lead it
 * elsewhere, and merging by hard links replaces files without touching those of older revisions. A file where the
 * tree has a directory, or the other way round, is an error of cp and ends the publication. Gives the number of files.
 */
export async function unpackInto(
  run: Commands,
  tree: string,
  incoming: string,
  artifact: SpooledArtifact,
): Promise<number> {
  const name = parseArtifactName(artifact.name);
  if ('problem' in name) throw new Permanent(`${artifact.name}: ${name.problem}`);
  const base = name.project === null ? 'versions' : `${name.project}/versions`;

  await run.remove(incoming);
  await run.quick(['mkdir', '-p', incoming, `${tree}/${base}`]);
  const content = tarBytes(artifact, name.compression);
  await run.long([...untar, '-C', incoming], Readable.from(content.bytes(), { objectMode: false }));
  await run.long(openDirectories(incoming));
  const dots = await run.long(['find', incoming, '!', '-type', 'd', '-printf', '.']);
  if (dots.length !== content.count.entries) {
    throw new Permanent(
      `${artifact.name} has ${content.count.entries} files and links, ${dots.length} came out of it.`,
    );
  }
  await run.long(['cp', '-al', '--remove-destination', '-T', incoming, `${tree}/${base}`]);
  await run.remove(incoming);
  return content.count.files;
}

/** Decompression happens here, so that the other side needs no zstd; nothing may overwrite anything in an empty directory. */
const untar = [
  'tar',
  '--extract',
  '--file=-',
  '--keep-old-files',
  '--no-same-owner',
  '--no-same-permissions',
  '--delay-directory-restore',
];

/** The tar stream of a spooled file; it breaks when the file is no longer what was verified. */
function tarBytes(artifact: SpooledArtifact, compression: Compression) {
  const count = { files: 0, entries: 0 };
  const hash = createHash('sha256');
  const reader = new TarReader(({ type }) => {
    if (type === 'file') count.files++;
    if (type !== 'directory') count.entries++;
  });
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(createReadStream(artifact.path), artifact.path)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const bytes = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of decompress(hashed(), compression)) {
        reader.write(chunk);
        yield chunk;
      }
      reader.end();
    } catch (error) {
      if (!(error instanceof BrokenTarball)) throw error;
      throw new Permanent(`${artifact.path}: ${error.message}`, { cause: error });
    }
    if (hash.digest('hex') !== artifact.sha256) {
      throw new Permanent(`${artifact.path} is no longer the file that was verified.`);
    }
  };
  return { count, bytes };
}
