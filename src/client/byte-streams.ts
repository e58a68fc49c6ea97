/** Streams of bytes, from and to iterations. */

type Early = Readonly<{
  /** Called before the iteration is ended early. */
  onCancel?: () => void;
  /** Called with an error of the iteration. */
  onError?: (error: unknown) => void;
}>;

/** Returns a stream of an iteration's chunks. */
export function streamOf(
  chunks: AsyncIterable<Uint8Array>,
  { onCancel, onError }: Early = {},
): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const source = {
    async pull(controller: ReadableStreamDefaultController): Promise<void> {
      const { done, value } = await iterator.next().catch((error: unknown) => {
        onError?.(error);
        throw error;
      });
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(): Promise<void> {
      onCancel?.();
      await iterator.return?.().catch(() => undefined);
    },
  };
  // Reads nothing in advance: after an abort the next read rejects.
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** Yields the chunks of a stream. Browsers cannot iterate over all streams. */
export async function* chunksOf(stream: ReadableStream): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader() as {
    read(): Promise<{ done: boolean; value?: unknown }>;
    cancel(): Promise<void>;
  };
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value as Uint8Array;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Passes chunks on, and reports the bytes after each. */
export async function* withProgress(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.byteLength;
    onBytes(bytes);
  }
}
