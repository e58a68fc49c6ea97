/** Layout of an archive: the class and the split of each image, according to its folders. */
import { MAX_CLASSES } from '../contracts/datasets/dataset.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { sha256 } from '../files/sha256.js';
import { createTree, type Folder } from './folder-tree.js';
import { type ClassRoot, findClassRoots } from './split-folders.js';
import type { SplitRole } from './split-names.js';

/** An image with the index of its class in `classes`. */
export type Labelled<Image> = Readonly<{ image: Image; label: number }>;

export type Layout<Image> = Readonly<{
  /** In the order of their names. */
  classes: readonly string[];
  /** The order depends only on the paths and mixes the classes, so the first images of a split are a fair sample. */
  train: readonly Labelled<Image>[];
  /** Absent if the archive has no validation split. */
  validation?: readonly Labelled<Image>[];
  test: readonly Labelled<Image>[];
  /** The archive has a test split. Otherwise the test images were taken from each class. */
  hasTest: boolean;
  /** Images outside the splits. */
  strays: readonly Image[];
  /** Returns the class folder of a path, or else the folder that contains it. */
  folderOf(path: string): string;
}>;

/** Paths of an archive. `folders` are those that it lists as such. */
export type ArchiveContent<Image> = Readonly<{
  images: readonly Image[];
  others: readonly string[];
  folders: readonly string[];
}>;

type Placed<Image> = Readonly<{ image: Image; key: string; name: string; role: SplitRole | undefined }>;

/** Faults that an error lists. */
const MAX_FAULTS = 20;
/** Characters of the longest class name. */
const MAX_CLASS_NAME = 100;

/**
 * Finds the splits of an archive (`train`, `test` and perhaps `validation`) with a folder for each class. An archive of class folders
 * alone gets a test split: `testShare` (0–1) of each class. Throws `invalid_dataset` with the paths at fault.
 */
export function layoutOf<Image extends Readonly<{ path: string }>>(
  { images, others, folders }: ArchiveContent<Image>,
  testShare: number,
): Layout<Image> {
  const { root, add } = createTree();
  for (const { path } of images) add(path, 'image');
  for (const path of others) add(path, 'other');
  for (const path of folders) add(path, 'folder');
  if (images.length === 0) throw withoutImages(others);
  const roots = findClassRoots(root);
  const hasTest = roots.some(({ role }) => role === 'test');
  const [placed, strays] = placeAll(images, roots);
  const isTest = hasTest ? ({ role }: Placed<Image>) => role === 'test' : takeTestImages(placed, testShare);
  const classes = [...new Set(placed.filter(isTraining(isTest)).map(({ name }) => name))].sort();
  const faults = [...faultsOf(placed), ...emptyClasses(roots)];
  const label = labeller(classes);
  const test = placed.filter(isTest);
  faults.push(...faultsOfTest([...placed.filter(({ role }) => role === 'validation'), ...test], label));
  if (test.length === 0)
    faults.push({ pointer: '', message: 'no class has two images, so none can be used for the test' });
  if (faults.length > 0) throw refuse(faults);
  requireClassCount(classes);
  const labelled = (among: readonly Placed<Image>[]) =>
    among.map(({ image, name }) => ({ image, label: label(name) ?? 0 }));
  const validation = labelled(placed.filter(({ role }) => role === 'validation'));
  return {
    ...{ classes, hasTest, strays, folderOf: folderFinder(roots) },
    train: labelled(placed.filter(isTraining(isTest))),
    test: labelled(test),
    ...(validation.length > 0 && { validation }),
  };
}

function withoutImages(others: readonly string[]): TrainyardError {
  const names = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}`;
  const packed = others.find((path) => /\.(zip|rar|7z|tar|gz|tgz)$/i.test(path));
  const advice = packed === undefined ? '' : ` Unpack ${packed}, and send a ZIP archive of the images in it.`;
  const what = others.length === 0 ? '' : `; it holds ${names}`;
  return new TrainyardError('invalid_dataset', `The archive has no image that can be read${what}.${advice}`);
}

const isTraining =
  <Image>(isTest: (each: Placed<Image>) => boolean) =>
  (each: Placed<Image>): boolean =>
    each.role !== 'validation' && !isTest(each);

/** Assigns each image its split and class. Returns images outside the splits separately. */
function placeAll<Image extends Readonly<{ path: string }>>(
  images: readonly Image[],
  roots: readonly ClassRoot[],
): [placed: Placed<Image>[], strays: Image[]] {
  const [placed, strays]: [Placed<Image>[], Image[]] = [[], []];
  for (const image of images) {
    const found = rootOf(image.path, roots);
    if (found === undefined) {
      strays.push(image);
      continue;
    }
    const key = sha256(image.path, 'binary'); // half the length of hexadecimal digits, with the same order
    placed.push({ image, key, name: classIn(found, image.path).trim(), role: found.role });
  }
  placed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return [placed, strays];
}

const prefixOf = ({ path }: Folder): string => (path === '' ? '' : `${path}/`);
const rootOf = (path: string, roots: readonly ClassRoot[]) =>
  roots.find(({ folder }) => path.startsWith(prefixOf(folder)));

/** Returns the class folder of a path below a root; empty if the path is directly in the root. */
function classIn({ folder }: ClassRoot, path: string): string {
  const below = path.slice(prefixOf(folder).length);
  return below.slice(0, Math.max(0, below.indexOf('/')));
}

const folderFinder =
  (roots: readonly ClassRoot[]) =>
  (path: string): string => {
    const root = rootOf(path, roots);
    const name = root === undefined ? '' : classIn(root, path);
    return root === undefined || name === ''
      ? path.slice(0, Math.max(0, path.lastIndexOf('/')))
      : `${prefixOf(root.folder)}${name}`;
  };

/** Returns a function that finds the index of a class by its name, or else by its name in lower case if that is unique. */
function labeller(classes: readonly string[]): (name: string) => number | undefined {
  const exact = new Map(classes.map((name, label) => [name, label]));
  const folded = new Map<string, number | undefined>();
  for (const [name, label] of exact) {
    const key = name.toLowerCase();
    folded.set(key, folded.has(key) ? undefined : label);
  }
  return (name) => exact.get(name) ?? folded.get(name.toLowerCase());
}

/** Returns a test for membership in the test split: `share` of each class, at least one image and not all. */
function takeTestImages<Image>(placed: readonly Placed<Image>[], share: number): (each: Placed<Image>) => boolean {
  const classes = new Map<string, Placed<Image>[]>();
  for (const each of placed) {
    const known = classes.get(each.name);
    if (known === undefined) classes.set(each.name, [each]);
    else known.push(each);
  }
  const chosen = new Set<Placed<Image>>();
  for (const ofClass of classes.values()) {
    const count = Math.min(Math.max(1, Math.round(share * ofClass.length)), ofClass.length - 1);
    for (const each of ofClass.slice(0, count)) chosen.add(each);
  }
  return (each) => chosen.has(each);
}

function* faultsOf<Image extends Readonly<{ path: string }>>(placed: readonly Placed<Image>[]): Generator<FieldError> {
  for (const { image, name } of placed) {
    if (name === '') yield { pointer: `/${image.path}`, message: 'is in no class folder' };
    else if (name.length > MAX_CLASS_NAME)
      yield {
        pointer: `/${image.path}`,
        message: `belongs to a class whose name has more than ${MAX_CLASS_NAME} characters`,
      };
  }
}

/** Yields a fault for each class folder without images. */
function* emptyClasses(roots: readonly ClassRoot[]): Generator<FieldError> {
  for (const { folder } of roots) {
    for (const { path, images, others } of folder.children.values()) {
      if (images > 0) continue;
      const reason =
        others === 0
          ? 'it is empty'
          : others === 1
            ? 'its only file is not an image'
            : `none of its ${others} files is an image`;
      yield {
        pointer: `/${path}`,
        message: `has no image that can be read: ${reason}. Add images, or remove the folder if it is not a class`,
      };
    }
  }
}

function* faultsOfTest<Image extends Readonly<{ path: string }>>(
  heldOut: readonly Placed<Image>[],
  label: (name: string) => number | undefined,
): Generator<FieldError> {
  for (const { image, name } of heldOut) {
    if (name !== '' && label(name) === undefined)
      yield { pointer: `/${image.path}`, message: `belongs to the class ${name}, which has no training image` };
  }
}

function requireClassCount({ length, 0: first }: readonly string[]): void {
  if (length >= 2 && length <= MAX_CLASSES) return;
  throw new TrainyardError(
    'invalid_dataset',
    `The archive has ${length === 1 ? `one class, ${first}` : `${length} classes`}, and 2–${MAX_CLASSES} are allowed. Put the images of each class into a folder of its own.`,
  );
}

/** Returns the error for an archive with its first faults. `count` is the number of all faults. */
export function refuse(faults: readonly FieldError[], count = faults.length, advice = ''): TrainyardError {
  const [first] = faults;
  const more =
    count > 1 ? `. ${count - 1} more ${count === 2 ? 'path is' : 'paths are'} at fault, ${count} in all` : '';
  const subject = first?.pointer === '' ? '' : `${first?.pointer.slice(1)} `;
  return new TrainyardError(
    'invalid_dataset',
    `The archive cannot be used: ${subject}${first?.message}${more}.${advice}`,
    { errors: faults.slice(0, MAX_FAULTS) },
  );
}
