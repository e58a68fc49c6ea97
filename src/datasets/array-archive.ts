/** Archives of arrays, as NumPy's npz files and MNIST's idx files, shown as archives of images with a manifest. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { FIRST_BYTES } from '../images/formats.js';
import { type Archive, type ArchiveFile, MAX_ENTRIES } from './archive-listing.js';
import { readIdxArray } from './idx-arrays.js';
import { type ImageArray, imagesOf } from './image-arrays.js';
import { listed } from './listed-names.js';
import type { Manifest, ManifestLine } from './manifest-lines.js';
import { ArrayError, type NpyArray, readNpy } from './npy.js';
import { refuse } from './refuse.js';
import { partialRoleOf, roleOf, type SplitRole } from './split-names.js';

type ArrayImage = ArchiveFile & Readonly<{ images: ImageArray; index: number }>;
type Pair = Readonly<{ role: SplitRole | undefined; images: ArchiveFile; labels: ArchiveFile }>;

/** Maximum number of bytes of all arrays together, which are held in memory. */
const MAX_ARRAY_BYTES = 2 ** 31 - 2 ** 16;
/** Size of the header of a BMP file. */
const BMP_HEADER = 54;

const IMAGES = /^(?:(.*?)[-_ ]?)?(x|images?|data)$/i;
const LABELS = /^(?:(.*?)[-_ ]?)?(y|labels?|targets?)$/i;
const CLASSES = /^(class_?names?|classes|label_?names?)$/i;
const ENDING = /(\.npy|[-.]idx\d(-ubyte)?(\.gz)?|-ubyte(\.gz)?)$/i;

/** Tells whether an archive consists of arrays: it has npy or idx files. */
export const hasArrays = ({ files }: Archive): boolean => files.some(({ path }) => ENDING.test(path));

/**
 * Shows the arrays of an archive as images. Names such as `x_train` and `y_train`, `train_images` and `train_labels`, or MNIST's pair images
 * with labels. `class_names` or `classes` may name the classes. Throws `invalid_dataset` with the arrays at fault.
 */
export async function openArrays(archive: Archive): Promise<Archive> {
  const arrays = archive.files.filter(({ path }) => ENDING.test(path));
  const bytes = arrays.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MAX_ARRAY_BYTES)
    throw refuse([
      { pointer: '', message: `its arrays have ${bytes} bytes, and at most ${MAX_ARRAY_BYTES} are allowed` },
    ]);
  const names = arrays.find(({ path }) => CLASSES.test(stemOf(path)));
  const classes = names && textsOf(await readArray(archive, names));
  const files: ArrayImage[] = [];
  const lines: ManifestLine[] = [];
  const pairs = findPairs(arrays);
  for (const pair of pairs) {
    const images = await readImages(archive, pair.images);
    const labels = await readArray(archive, pair.labels);
    requireSameLength(pair, images, labels);
    if (files.length + images.count > MAX_ENTRIES)
      throw refuse([{ pointer: '', message: `it has more than ${MAX_ENTRIES} images` }]);
    for (let index = 0; index < images.count; index++) {
      const file = fileOf(pair.images.path, images, index);
      files.push(file);
      lines.push(lineOf(file.path, pair, labelAt(pair.labels, labels, index, classes)));
    }
  }
  const used = new Set([...pairs.flatMap(({ images, labels }) => [images, labels]), names]);
  const rest = archive.files.filter((file) => !used.has(file));
  const hasRoles = pairs.every(({ role }) => role !== undefined);
  const manifest: Manifest = {
    ...{ paths: pairs.map(({ labels }) => labels.path), lines },
    ...{ columns: new Set(hasRoles ? (['label', 'split'] as const) : (['label'] as const)) },
    ...(classes && { classes }),
  };
  return {
    ...archive,
    files: [...files, ...rest],
    manifest,
    read: async (file) => ('images' in file ? contentOf(file as ArrayImage) : archive.read(file)),
    readStart: async (file) =>
      'images' in file ? contentOf(file as ArrayImage).subarray(0, FIRST_BYTES) : archive.readStart(file),
  };
}

const contentOf = ({ images, index }: ArrayImage): Uint8Array => images.bmp(index);

/** Returns the name of a file without its folder and its ending. */
const stemOf = (path: string): string => (path.split('/').at(-1) ?? '').replace(ENDING, '');

/** Pairs images with labels by their names. Throws `invalid_dataset` if a part is missing. */
function findPairs(arrays: readonly ArchiveFile[]): Pair[] {
  const labels = new Map<string, ArchiveFile>();
  for (const file of arrays) {
    const key = keyOf(file.path, LABELS);
    if (key !== undefined) labels.set(key, file);
  }
  const pairs: Pair[] = [];
  for (const images of arrays) {
    const key = keyOf(images.path, IMAGES);
    if (key === undefined) continue;
    const found = labels.get(key);
    if (found === undefined)
      throw refuse([{ pointer: `/${images.path}`, message: 'has no array of labels next to it' }]);
    pairs.push({ role: splitOf(key), images, labels: found });
  }
  if (pairs.length > 0) return pairs;
  const message = `it has the arrays ${listed(arrays.map(({ path }) => path))}. Name them x_train, y_train, x_test and y_test`;
  throw refuse([{ pointer: '', message }]);
}

/** Returns what pairs have in common: `train` for `x_train`, `train_images` and `train-images-idx3-ubyte`. */
function keyOf(path: string, pattern: RegExp): string | undefined {
  const stem = stemOf(path).replace(/[-.]idx\d$/i, '');
  const swapped = stem.replace(/^(x|y|images?|labels?)[-_ ](.+)$/i, '$2_$1');
  const match = pattern.exec(swapped);
  return match === null ? undefined : (match[1] ?? '').toLowerCase();
}

/** MNIST calls its test images `t10k`. */
const splitOf = (key: string): SplitRole | undefined =>
  key === 't10k' ? 'test' : (roleOf(key) ?? partialRoleOf(key)?.role);

async function readArray(archive: Archive, file: ArchiveFile): Promise<NpyArray> {
  const { path } = file;
  try {
    const bytes = await archive.read(file);
    if (/\.npy$/i.test(path)) return readNpy(bytes);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return readIdxArray(isGzip ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_ARRAY_BYTES }) : bytes);
  } catch (cause) {
    throw asFault(path, cause);
  }
}

async function readImages(archive: Archive, file: ArchiveFile): Promise<ImageArray> {
  const array = await readArray(archive, file);
  try {
    return imagesOf(array);
  } catch (cause) {
    throw asFault(file.path, cause);
  }
}

function asFault(path: string, cause: unknown): unknown {
  if (cause instanceof ArrayError) return refuse([{ pointer: `/${path}`, message: cause.message }], 1, '', cause);
  const isGzipFault = ['Z_DATA_ERROR', 'Z_BUF_ERROR', 'ERR_BUFFER_TOO_LARGE'].includes(
    (cause as NodeJS.ErrnoException).code ?? '',
  );
  return isGzipFault ? refuse([{ pointer: `/${path}`, message: 'is a damaged gzip file' }], 1, '', cause) : cause;
}

function requireSameLength({ images, labels }: Pair, { count }: ImageArray, array: NpyArray): void {
  const { shape, length } = array;
  const isVector = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  const fault = !isVector
    ? `has the shape ${shape.join(' × ')}, and labels are one number for each image`
    : length !== count
      ? `has ${length} labels, and ${images.path} has ${count} images`
      : array.kind === 'float'
        ? 'has floats, and labels are whole numbers or texts'
        : undefined;
  if (fault !== undefined) throw refuse([{ pointer: `/${labels.path}`, message: fault }]);
}

function textsOf({ length, textAt }: NpyArray): string[] {
  return Array.from({ length }, (_, index) => textAt(index).trim());
}

function labelAt(file: ArchiveFile, array: NpyArray, index: number, classes: readonly string[] | undefined): string {
  const text = array.textAt(index).trim();
  if (classes === undefined || array.kind === 'text') return text;
  const name = classes[array.valueAt(index)];
  if (name !== undefined && name !== '') return name;
  throw refuse([
    { pointer: `/${file.path}`, message: `has the label ${text}, and there are ${classes.length} names of classes` },
  ]);
}

/** Returns an image as a file. The path has the name of the array and the number in it. */
function fileOf(array: string, images: ImageArray, index: number): ArrayImage {
  const bytes = BMP_HEADER + Math.ceil((images.width * 3) / 4) * 4 * images.height;
  const path = `${array.replace(ENDING, '')}/${index}.bmp`;
  return { path, bytes, packedBytes: bytes, isLink: false, images, index };
}

const lineOf = (path: string, { role }: Pair, label: string): ManifestLine => ({
  ...{ pointer: `/${path}`, path, writtenPath: path, label, role, group: undefined },
});
