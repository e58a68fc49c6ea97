/** Layout of an archive: the class and the split of each image, according to its folders or to a manifest. */
import { type DatasetImport, MAX_CLASSES } from '../contracts/datasets/dataset.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { placeByFolders } from './folder-placement.js';
import { withGroups } from './groups.js';
import { listed } from './listed-names.js';
import type { Manifest } from './manifest-lines.js';
import { placeByManifest } from './manifest-placement.js';
import type { ArchiveContent, ArchivePlacement, Labelled, Placed } from './placed-image.js';
import { refuse } from './refuse.js';
import { drawImages } from './split-draw.js';
import type { SplitRole } from './split-names.js';

export type Layout<Image> = Readonly<{
  /** In the order of their names, or of their numbers if a manifest names all by numbers. */
  classes: readonly string[];
  /** The order depends only on the paths and mixes the classes, so the first images of a split are a fair sample. */
  train: readonly Labelled<Image>[];
  /** Absent if the archive has no validation split and none was drawn. */
  validation?: readonly Labelled<Image>[];
  test: readonly Labelled<Image>[];
  /** The archive has a test split. Otherwise the test images were drawn. */
  hasTest: boolean;
  strays: ArchivePlacement<Image>['strays'];
  /** Paths of the manifests that name class, split or group. */
  manifests: readonly string[];
  /** Returns the class folder of a path, or else the folder that contains it. */
  folderOf(path: string): string;
  /** Returns the group of a path; undefined if images have no groups. */
  groupOf(path: string): string | undefined;
}>;

/** Options that decide which image is in which split. */
export type SplitOptions = Pick<DatasetImport, 'testShare' | 'validationShare' | 'stratified' | 'groups' | 'seed'>;

/** Characters of the longest class name. */
const MAX_CLASS_NAME = 100;

/**
 * Finds class and split of each image. Draws a test split if the archive has none, and a validation split if the options ask for one.
 * Throws `invalid_dataset` with the paths or lines at fault.
 */
export function layoutOf<Image extends Readonly<{ path: string }>>(
  content: ArchiveContent<Image>,
  options: SplitOptions,
  manifest?: Manifest,
): Layout<Image> {
  if (content.images.length === 0) throw withoutImages(content.others);
  const placement = manifest === undefined ? placeByFolders(content) : placeByManifest(content, manifest);
  const named = [...faultsOf(placement.placed), ...placement.faults];
  if (manifest !== undefined && named.length > 0) throw refuse(named);
  const { placed, strays } = withoutStrays(placement);
  const hasTest = placed.some(({ role }) => role === 'test');
  const grouped = withGroups(placed, options.groups);
  const groups = new Map(
    grouped.flatMap(({ image: { path }, group }) => (group === undefined ? [] : [[path, group] as const])),
  );
  const roleOf = drawRoles(grouped, options, hasTest);
  const classes = inOrder(new Set(roleOf.train.map(({ name }) => name)), manifest);
  const label = labeller(classes);
  const faults = [...named, ...faultsOfTest([...roleOf.validation, ...roleOf.test], label)];
  if (roleOf.test.length === 0)
    faults.push({ pointer: '', message: 'no class has two images, so none can be used for the test' });
  if (faults.length > 0) throw refuse(faults);
  requireClassCount(classes);
  const labelled = (among: readonly Placed<Image>[]) =>
    among.map(({ image, name }) => ({ image, label: label(name) ?? 0 }));
  return {
    ...{ classes, hasTest, strays, manifests: placement.manifests, folderOf: placement.folderOf },
    groupOf: (path) => groups.get(path),
    train: labelled(roleOf.train),
    test: labelled(roleOf.test),
    ...(roleOf.validation.length > 0 && { validation: labelled(roleOf.validation) }),
  };
}

function withoutImages(others: readonly string[]): TrainyardError {
  const packed = others.find((path) => /\.(zip|rar|7z|tar|gz|tgz)$/i.test(path));
  const advice = packed === undefined ? '' : ` Unpack ${packed}, and send a ZIP archive of the images in it.`;
  const what = others.length === 0 ? '' : `; it holds ${listed(others)}`;
  return new TrainyardError('invalid_dataset', `The archive has no image that can be read${what}.${advice}`);
}

/** Separates images without a split, if others have one. */
function withoutStrays<Image>({
  placed,
  strays,
}: ArchivePlacement<Image>): Pick<ArchivePlacement<Image>, 'placed' | 'strays'> {
  if (!placed.some(({ role }) => role !== undefined)) return { placed, strays };
  const reason = 'is outside the splits';
  const outside = placed.filter(({ role }) => role === undefined).map(({ image }) => ({ image, reason }));
  return { placed: placed.filter(({ role }) => role !== undefined), strays: [...strays, ...outside] };
}

/** Returns the images of each split, in the order of `placed`. Draws the splits that the archive lacks. */
function drawRoles<Image extends Readonly<{ path: string }>>(
  placed: readonly Placed<Image>[],
  { testShare, validationShare = 0, stratified: isStratified = true, seed = 0 }: SplitOptions,
  hasTest: boolean,
): Record<SplitRole, readonly Placed<Image>[]> {
  const own = (role: SplitRole) => placed.filter((each) => (each.role ?? 'train') === role);
  const draw = (among: readonly Placed<Image>[], share: number) =>
    drawImages(among, { count: Math.max(1, Math.round(share * drawable.length)), isStratified, seed });
  const drawable = own('train');
  const test = hasTest ? new Set(own('test')) : draw(drawable, testShare);
  const rest = drawable.filter((each) => !test.has(each));
  const ownValidation = own('validation');
  const isDrawn = ownValidation.length === 0 && validationShare > 0;
  const validation = isDrawn ? draw(rest, validationShare) : new Set(ownValidation);
  return {
    train: rest.filter((each) => !validation.has(each)),
    validation: placed.filter((each) => validation.has(each)),
    test: placed.filter((each) => test.has(each)),
  };
}

/** Orders names of classes as a manifest does; numbers of a manifest by their values, other names by their letters. */
function inOrder(used: ReadonlySet<string>, manifest: Manifest | undefined): readonly string[] {
  const names = [...used];
  if (manifest?.classes !== undefined) return manifest.classes.filter((name) => used.has(name));
  const areNumbers = manifest !== undefined && names.every((name) => /^(0|[1-9]\d{0,14})$/.test(name));
  return areNumbers ? names.toSorted((a, b) => Number(a) - Number(b)) : names.toSorted();
}

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

function* faultsOf<Image>(placed: readonly Placed<Image>[]): Generator<FieldError> {
  for (const { pointer, name } of placed) {
    if (name === '') yield { pointer, message: 'is in no class folder' };
    else if (name.length > MAX_CLASS_NAME)
      yield { pointer, message: `belongs to a class whose name has more than ${MAX_CLASS_NAME} characters` };
  }
}

function* faultsOfTest<Image>(
  heldOut: readonly Placed<Image>[],
  label: (name: string) => number | undefined,
): Generator<FieldError> {
  for (const { pointer, name } of heldOut) {
    if (name !== '' && label(name) === undefined)
      yield { pointer, message: `belongs to the class ${name}, which has no training image` };
  }
}

function requireClassCount({ length, 0: first }: readonly string[]): void {
  if (length >= 2 && length <= MAX_CLASSES) return;
  throw new TrainyardError(
    'invalid_dataset',
    `The archive has ${length === 1 ? `one class, ${first}` : `${length} classes`}, and 2–${MAX_CLASSES} are allowed. Put the images of each class into a folder of its own, or name the class of each image in the column label of a file metadata.csv.`,
  );
}
