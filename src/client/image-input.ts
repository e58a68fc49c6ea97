/** Images of a prediction: bytes, files and addresses become Blobs. */
import { ConnectionError, errorOf } from './client-errors.js';
import { requireFiles } from './platform-files.js';
import { type RequestBody, typed } from './transport.js';

/** An image file: its bytes, its path (not in browsers), or the URL of a file or of a web page. */
export type ImageInput = Blob | Uint8Array | ArrayBuffer | string | URL;

type Loading = Readonly<{ fetch: typeof globalThis.fetch; signal: AbortSignal | undefined }>;

/** Returns the body of a prediction: one image as it is, several as a form. */
export async function imageBody(images: readonly ImageInput[], loading: Loading): Promise<RequestBody> {
  const files = await Promise.all(images.map((image) => imageOf(image, loading)));
  const [first] = files;
  if (first !== undefined && files.length === 1) {
    // The service detects the format of every image, but would also accept JSON without an image type.
    return { content: first, headers: typed(first.type.startsWith('image/') ? first.type : 'image/png') };
  }
  const content = new FormData();
  for (const file of files) content.append('images', file, 'image');
  return { content };
}

const imageOf = async (image: ImageInput, loading: Loading): Promise<Blob> =>
  image instanceof URL && image.protocol !== 'file:' ? download(image, loading) : blobOf(image);

/** Sample images of an import, with the logits that the origin of the weights computed for each. */
export type ImportSamples = Readonly<{ images: readonly ImageInput[]; logits: readonly (readonly number[])[] }>;

/** Returns the form of an import. Its parts are in the order in which the service reads them. */
export async function importForm(
  spec: unknown,
  { images, logits }: Partial<ImportSamples>,
  weights: ImageInput | undefined,
  loading: Loading,
): Promise<RequestBody> {
  const content = new FormData();
  content.append('spec', JSON.stringify(spec));
  if (logits) content.append('logits', JSON.stringify(logits));
  for (const image of images ?? []) content.append('image', await imageOf(image, loading), 'image');
  if (weights !== undefined) content.append('weights', await blobOf(weights), 'weights.safetensors');
  return { content };
}

/** Returns the given bytes, or reads the file at the given path. */
export async function blobOf(input: ImageInput): Promise<Blob> {
  if (input instanceof Blob) return input;
  const isPath = typeof input === 'string' || input instanceof URL;
  return new Blob([isPath ? await requireFiles().readFile(input) : (input as ArrayBuffer)]);
}

async function download(url: URL, { fetch, signal }: Loading): Promise<Blob> {
  const response = await fetch(url, { signal: signal ?? null }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ConnectionError(`${url} cannot be reached.`, { cause });
  });
  if (!response.ok) throw errorOf(response.status, '', response.headers);
  return response.blob();
}
