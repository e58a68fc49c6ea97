/** Random access to the bytes of a file, and tensors that are read from it on demand. */

/** Bytes of a file or a buffer. `read` returns fewer than `length` bytes only at the end. */
export type ByteSource = Readonly<{ size: number; read(at: number, length: number): Promise<Buffer> }>;

/** Tensor of a weights file. `read` returns its values, row-major and little-endian: as many bytes as shape and dtype require. */
export type FileTensor = Readonly<{ dtype: string; shape: readonly number[]; read(): Promise<Uint8Array> }>;

/** Returns the bytes of a buffer as a source. */
export const bufferSource = (buffer: Buffer): ByteSource => ({
  size: buffer.length,
  read: async (at, length) => buffer.subarray(at, at + length),
});
