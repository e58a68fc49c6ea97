/** Tensors that are read from a file on demand. */

/** Tensor of a weights file. `read` returns its values, row-major and little-endian: as many bytes as shape and dtype require. */
export type FileTensor = Readonly<{ dtype: string; shape: readonly number[]; read(): Promise<Uint8Array> }>;
