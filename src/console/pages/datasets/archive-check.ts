/** Check of files before they are sent: what their folders mean, and what the service would refuse. */
import type { Recognized } from './image-signature.js';

export type CheckedFile = Readonly<{ path: string; size: number }> & Recognized;

export type SplitRole = 'train' | 'validation' | 'test';
export type ClassCount = Readonly<{ name: string; images: number }>;
export type LeftOutKind = Readonly<{ reason: string; files: number; examples: readonly string[] }>;

export type ArchiveCheck = Readonly<{
  files: number;
  bytes: number;
  images: number;
  /** In the order of their names. */
  classes: readonly ClassCount[];
  /** Manifests, which name classes and splits instead of folders. The service reads them. */
  manifests: readonly string[];
  /** Splits that the folders name; empty if the service sets test images aside. */
  splits: readonly SplitRole[];
  unusable: readonly LeftOutKind[];
  leftOut: readonly LeftOutKind[];
  /** Reasons for which the service would refuse the files. */
  errors: readonly string[];
  warnings: readonly string[];
}>;

const MAX_CLASSES = 10_000;
const MAX_CLASS_NAME = 100;
const EXAMPLES = 3;
/** Largest ratio of the images of two classes that is not worth a warning. */
const IMBALANCE = 10;

const SYSTEM =
  /^(\..*|__MACOSX|Icon\r|Thumbs\.db(:.*)?|ehthumbs(_vista)?\.db|desktop\.ini|\$RECYCLE\.BIN|lost\+found|@eaDir|~\$.*)$/i;

/** Tells whether an operating system made the file by itself. The service ignores such files. */
export const isSystemFile = (path: string): boolean => path.split('/').some((part) => SYSTEM.test(part));

const ROLES: Readonly<Record<SplitRole, RegExp>> = {
  train: /^(train|training|trn|learn|learning)$/,
  test: /^(test|tests|testing|tst)$/,
  validation: /^(val|valid|validation|validate|vld|dev|devel|development|eval|evaluation|holdout|heldout)$/,
};

function roleOf(name: string): SplitRole | undefined {
  const word = name
    .toLowerCase()
    .replace(/[^a-z]|(set|data|images?)(?=$|[^a-z])/g, '')
    .replace(/(set|data|images?)$/, '');
  return (Object.keys(ROLES) as SplitRole[]).find((role) => ROLES[role].test(word));
}

type Placed = Readonly<{ file: CheckedFile; className: string; role: SplitRole | undefined }>;

const MANIFEST = /(^|\/)(metadata|labels|manifest)\.(csv|tsv|jsonl)$/i;

/** Checks files by their folders. The service decides in the end: it knows more about images and about unusual layouts. */
export function checkArchive(files: readonly CheckedFile[]): ArchiveCheck {
  const images = files.filter(({ kind }) => kind === 'image');
  const { placed, strays, splits } = place(images);
  const classes = countClasses(placed);
  const unusable = files.filter(({ kind }) => kind === 'unusable');
  const manifests = files.filter(({ path }) => MANIFEST.test(path)).map(({ path }) => path);
  const others = files.filter(({ kind, path }) => kind === 'other' && !MANIFEST.test(path));
  const reasons = (list: readonly CheckedFile[], fallback: string) =>
    groupByReason(list.map(({ path, reason }) => ({ path, reason: reason ?? fallback })));
  return {
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    images: placed.length,
    ...{ classes, splits, manifests },
    unusable: reasons(unusable, 'cannot be read'),
    leftOut: [
      ...groupByReason(others.map(({ path }) => ({ path, reason: `is not an image${extensionOf(path)}` }))),
      ...reasons(strays, 'is outside the splits'),
    ],
    errors: manifests.length > 0 ? errorsOfFiles(files, placed) : errorsOf(files, placed, classes, splits),
    warnings: manifests.length > 0 ? [] : warningsOf(placed, classes),
  };
}

const extensionOf = (path: string): string => /\.[^./]{1,10}$/.exec(path)?.[0].replace(/^/, ': ') ?? '';

/** Finds class and split of each image by its folders. */
function place(images: readonly CheckedFile[]) {
  const paths = images.map((file) => ({ file, parts: file.path.split('/') }));
  const skipped = wrapperDepth(paths.map(({ parts }) => parts));
  const inner = paths.map(({ file, parts }) => ({ file, parts: parts.slice(skipped) }));
  const roles = new Set(inner.filter(({ parts }) => parts.length > 2).map(({ parts }) => roleOf(parts[0] ?? '')));
  const hasSplits = roles.has('train') && [...roles].some((role) => role !== undefined && role !== 'train');
  const splits = hasSplits ? (['train', 'validation', 'test'] as const).filter((role) => roles.has(role)) : [];
  const placed: Placed[] = [];
  const strays: CheckedFile[] = [];
  for (const { file, parts } of inner) {
    const role = hasSplits ? roleOf(parts[0] ?? '') : undefined;
    const folders = hasSplits ? parts.slice(1, -1) : parts.slice(0, -1);
    if (hasSplits && role === undefined) strays.push(file);
    else placed.push({ file, role, className: (folders[0] ?? '').trim() });
  }
  return { placed, strays, splits };
}

/** Returns how many outer folders contain all images, and none of them directly. */
function wrapperDepth(paths: readonly (readonly string[])[]): number {
  for (let depth = 0; ; depth++) {
    const first = paths[0]?.[depth];
    const isWrapper = paths.length > 0 && paths.every((parts) => parts[depth] === first && parts.length > depth + 2);
    if (!isWrapper) return depth;
  }
}

function countClasses(placed: readonly Placed[]): ClassCount[] {
  const counts = new Map<string, number>();
  for (const { className } of placed) if (className !== '') counts.set(className, (counts.get(className) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, images]) => ({ name, images }));
}

function groupByReason(files: readonly { path: string; reason: string }[]): LeftOutKind[] {
  const groups = new Map<string, { reason: string; files: number; examples: string[] }>();
  for (const { path, reason } of files) {
    const group = groups.get(reason) ?? { reason, files: 0, examples: [] };
    group.files += 1;
    if (group.examples.length < EXAMPLES) group.examples.push(path);
    groups.set(reason, group);
  }
  return [...groups.values()].sort((a, b) => b.files - a.files);
}

/** Returns errors of the files that no manifest can correct. */
function errorsOfFiles(files: readonly CheckedFile[], placed: readonly Placed[]): string[] {
  if (placed.length === 0) return ['There is no image that can be read.'];
  const twice = repeatedPaths(files);
  return when(
    twice,
    `${counted(twice.length, 'path occurs', 'paths occur')} twice, such as ${twice[0]}. Rename one of the files.`,
  );
}

function errorsOf(
  files: readonly CheckedFile[],
  placed: readonly Placed[],
  classes: readonly ClassCount[],
  splits: readonly SplitRole[],
): string[] {
  if (placed.length === 0) return errorsOfFiles(files, placed);
  const homeless = placed.filter(({ className }) => className === '');
  const long = classes.filter(({ name }) => name.length > MAX_CLASS_NAME);
  return [
    ...when(
      homeless,
      `${counted(homeless.length, 'image is', 'images are')} in no class folder, such as ${homeless[0]?.file.path}. Put the images of each class into a folder of its own.`,
    ),
    ...errorsOfFiles(files, placed),
    ...when(
      long,
      `${counted(long.length, 'class name has', 'class names have')} more than ${MAX_CLASS_NAME} characters.`,
    ),
    ...(classes.length === 1 && homeless.length === 0
      ? [`There is only one class, ${classes[0]?.name}. At least two are needed: one folder for each.`]
      : []),
    ...(classes.length > MAX_CLASSES
      ? [`There are ${classes.length} classes, and at most ${MAX_CLASSES} are allowed.`]
      : []),
    ...(splits.length > 0 && !splits.includes('test')
      ? ['There is a folder for training images, and none named test. Name the folder with the test images test.']
      : []),
    ...untrained(placed, splits),
    ...(splits.length === 0 && homeless.length === 0 && classes.length > 1 && classes.every(({ images }) => images < 2)
      ? ['No class has two images, so none can be set aside for the test.']
      : []),
  ];
}

function untrained(placed: readonly Placed[], splits: readonly SplitRole[]): string[] {
  if (splits.length === 0) return [];
  const trained = new Set(
    placed.filter(({ role }) => role === 'train').map(({ className }) => className.toLowerCase()),
  );
  const missing = [
    ...new Set(placed.map(({ className }) => className).filter((name) => !trained.has(name.toLowerCase()))),
  ];
  return when(
    missing,
    `${counted(missing.length, 'class has', 'classes have')} no training image, such as ${missing[0]}.`,
  );
}

function warningsOf(placed: readonly Placed[], classes: readonly ClassCount[]): string[] {
  const known = new Map<string, string>();
  const alike: string[] = [];
  for (const { name } of classes) {
    const other = known.get(name.toLowerCase());
    if (other !== undefined) alike.push(`${other} and ${name}`);
    else known.set(name.toLowerCase(), name);
  }
  const sizes = classes.map(({ images }) => images);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const rare = classes.find(({ images }) => images === least);
  return [
    ...when(
      alike,
      `The classes ${alike[0]} differ only in upper and lower case. If they are one class, put their images into one folder.`,
    ),
    ...(placed.length > 0 && classes.length > 1 && most > IMBALANCE * least
      ? [`The classes are unbalanced: the largest has ${most} images, and ${rare?.name} has ${least}.`]
      : []),
  ];
}

function repeatedPaths(files: readonly CheckedFile[]): string[] {
  const seen = new Set<string>();
  return files.map(({ path }) => path.normalize('NFC')).filter((path) => seen.has(path) || !seen.add(path));
}

const when = (found: readonly unknown[], sentence: string): string[] => (found.length === 0 ? [] : [sentence]);
const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Returns a name for the data set, as the service accepts it, from the name of the folder or archive. */
export const nameFrom = (text: string): string =>
  text
    .replace(/\.zip$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .replace(/[^a-z0-9]+$/, '')
    .slice(0, 64);
