/** Tar archives (POSIX.1-1988 "ustar"). The same files always give the same bytes, so digests can be compared. */
const BLOCK = 512;

/** A file of the archive. `path`: 1–100 printable ASCII characters. `content`: one or more parts. */
export type ArchivedFile = Readonly<{ path: string; content: readonly Uint8Array[] }>;

/** Encodes an archive as parts without copying the contents. */
export function tar(files: readonly ArchivedFile[]): Uint8Array[] {
  const parts = files.flatMap(({ path, content }) => {
    const bytes = content.reduce((sum, { length }) => sum + length, 0);
    return [header(path, bytes), ...content, Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK)];
  });
  return [...parts, Buffer.alloc(2 * BLOCK)];
}

/** Returns a file's header. Owner and time are 0. */
function header(path: string, bytes: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(path))
    throw new RangeError(`"${path}" does not fit into a tar header: 1–100 printable ASCII characters are allowed.`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(path, 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124); // below 8 GiB
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148); // the checksum is computed with spaces in its place
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}
