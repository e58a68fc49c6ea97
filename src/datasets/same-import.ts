/** Comparison of an import with the stored data set that has its name. */
import type { DatasetImport, DatasetInfo, StoredDataset } from '../contracts/datasets/dataset.js';
import type { LeakAction } from '../contracts/datasets/dataset-report.js';
import {
  hexColour,
  type ImagePreprocessing,
  resolveImagePreprocessing,
} from '../contracts/images/image-preprocessing.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Layout, SplitOptions } from './layout.js';
import { listed } from './listed-names.js';
import { openArchive } from './open-archive.js';
import { readLayout } from './read-layout.js';
import { usedSplitOptions } from './split-options.js';

/** `path` and `sha256` are those of the archive. */
type Import = Readonly<{ path: string; options: DatasetImport; sha256: string }>;

/**
 * Returns the stored data set if it was made from the same archive with the same options. Throws `dataset_exists` with everything
 * that differs, and `invalid_dataset` if the archive is another one and no data set can be made from it.
 */
export async function requireSame({ info }: StoredDataset, { path, options, sha256 }: Import): Promise<DatasetInfo> {
  const isSameArchive = info.imported?.sha256 === sha256;
  const ofArchive = isSameArchive ? [] : await otherContent(info, path, options);
  const differences = [...ofArchive.map((message) => ({ pointer: '', message })), ...otherOptions(info, options)];
  if (isSameArchive && differences.length === 0) return info;
  throw new TrainyardError(
    'dataset_exists',
    `There is already a data set ${info.name}, ${isSameArchive ? 'from this archive with other options' : 'from another archive'}: ${differences.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ')}. Choose another name, or delete that data set first.`,
    { errors: differences },
  );
}

/** Returns the options that the data set was imported without, each with the value that it was imported with. */
function otherOptions({ height, channels, imported }: DatasetInfo, options: DatasetImport): FieldError[] {
  return [
    ...(height === options.side ? [] : [other('side', options.side, height)]),
    ...(channels === options.channels ? [] : [other('channels', options.channels, channels)]),
    ...otherPreprocessing(resolveImagePreprocessing(imported), resolveImagePreprocessing(options)),
    ...otherLeakAction(imported?.onLeak ?? 'report', options.onLeak ?? 'report'),
    ...otherSplits(usedSplitOptions(imported, options), options),
    ...(imported?.badImages === undefined || options.onError === 'skip' ? [] : [other('onError', 'refuse', 'skip')]),
  ];
}

const otherLeakAction = (used: LeakAction, sent: LeakAction): FieldError[] =>
  used === sent ? [] : [other('onLeak', sent, used)];

/** In an order in which the default of a field depends only on fields before it. */
const PREPROCESSING = ['fit', 'cropShare', 'decoding', 'antialias', 'interpolation'] as const;

/** Returns the background if it differs, and the first other field that does: the rest may follow from it. */
function otherPreprocessing(stored: ImagePreprocessing, sent: ImagePreprocessing): FieldError[] {
  const [background, used] = [hexColour(sent.background), hexColour(stored.background)];
  const name = PREPROCESSING.find((each) => sent[each] !== stored[each]);
  return [
    ...(background === used ? [] : [other('background', background, used)]),
    ...(name === undefined ? [] : [other(name, sent[name], stored[name])]),
  ];
}

/** Defaults of the options of the splits. */
const SPLITS = { testShare: 0.2, validationShare: 0, stratified: true, groups: 'no groups', seed: 0 } as const;

function otherSplits(stored: SplitOptions, sent: SplitOptions): FieldError[] {
  const names = Object.keys(SPLITS) as (keyof typeof SPLITS)[];
  const used = (options: SplitOptions, name: keyof typeof SPLITS): Value => options[name] ?? SPLITS[name];
  return names
    .filter((name) => used(stored, name) !== used(sent, name))
    .map((name) => other(name, used(sent, name), used(stored, name)));
}

type Value = string | number | boolean;

const other = (name: keyof DatasetImport, value: Value, used: Value): FieldError => ({
  pointer: `?${name}`,
  message: `is ${value}, and was ${used} at the import of the data set`,
  ...(typeof used === 'number' && { suggestion: used }),
});

/** Returns sentences on the classes and numbers of images that differ, at least one. Decodes no image. */
async function otherContent(info: DatasetInfo, path: string, options: DatasetImport): Promise<string[]> {
  const archive = await openArchive(path);
  try {
    const layout = await readLayout(archive, usedSplitOptions(info.imported, options), { add: () => undefined });
    const differences = [...otherClasses(info.classes, layout.classes), ...otherCounts(info, layout)];
    if (differences.length > 0) return differences;
    return ['both have the same classes with as many images, but not the same files'];
  } finally {
    await archive.close();
  }
}

function* otherClasses(stored: readonly string[], sent: readonly string[]): Generator<string> {
  const without = (names: readonly string[], others: ReadonlySet<string>) => names.filter((name) => !others.has(name));
  const added = without(sent, new Set(stored));
  const missing = without(stored, new Set(sent));
  if (added.length > 0) yield `only this archive has ${classes(added)}`;
  if (missing.length > 0) yield `only the data set has ${classes(missing)}`;
}

const classes = (names: readonly string[]): string =>
  `the ${names.length === 1 ? 'class' : 'classes'} ${listed(names)}`;

/** Images left out with `onError=skip` may be of any split: only the total tells whether their number differs. */
function* otherCounts(info: DatasetInfo, { train, validation = [], test }: Layout<unknown>): Generator<string> {
  const { trainSamples, validationSamples = 0, testSamples, imported: { badImages = 0, onLeak } = {} } = info;
  if (onLeak !== undefined) return; // images may have moved or left
  const sent = train.length + validation.length + test.length;
  const stored = trainSamples + validationSamples + testSamples + badImages;
  if (badImages > 0 && sent === stored) return;
  if (train.length !== trainSamples) yield otherCount('training', train.length, trainSamples);
  if (validation.length !== validationSamples) yield otherCount('validation', validation.length, validationSamples);
  if (test.length !== testSamples) yield otherCount('test', test.length, testSamples);
}

const otherCount = (split: string, sent: number, stored: number): string =>
  `this archive has ${sent} ${split} images, and the data set ${stored}`;
