/** A file of the bot's own in a job's directory. */
export interface SmallFile {
  path: string;
  content: string | Uint8Array;
}

const BLOCK = 512;

/**
 * A tar archive (POSIX ustar) of a few small files, made in memory. For what a pull request brings there is git.
 * @throws RangeError when a path is longer than the format allows (100 bytes after the last slash, 155 before it)
 */
export function smallTar(files: readonly SmallFile[]): Buffer {
  const blocks = files.flatMap(({ path, content }) => {
    const bytes = Buffer.from(content);
    return [header(path, bytes.length), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const slash = path.lastIndexOf('/');
  put(block, 0, 100, path.slice(slash + 1));
  put(block, 100, 8, '0000644\0');
  put(block, 108, 8, '0000000\0');
  put(block, 116, 8, '0000000\0');
  put(block, 124, 12, `${size.toString(8).padStart(11, '0')}\0`);
  put(block, 136, 12, '00000000000\0');
  put(block, 148, 8, ' '.repeat(8));
  put(block, 156, 1, '0');
  put(block, 257, 8, 'ustar\x0000');
  put(block, 345, 155, path.slice(0, Math.max(slash, 0)));
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function put(block: Buffer, at: number, length: number, text: string): void {
  const bytes = Buffer.from(text);
  if (bytes.length > length) throw new RangeError(`"${text}" does not fit into a tar header`);
  bytes.copy(block, at);
}
