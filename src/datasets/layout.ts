/** Which class and which split each image of an archive belongs to, by the folders it lies in. */
import { createHash } from 'node:crypto';
import { MOST_CLASSES } from '../contracts/dataset.js';
import { type FieldError, TrainyardError } from '../errors.js';

/** An image and the place of its class among `classes`. */
export type Labelled<Image> = Readonly<{ image: Image; label: number }>;

export type Layout<Image> = Readonly<{
  /** In the order of their names. */
  classes: readonly string[];
  /** Each in an order that is a matter of the paths alone, and mixes the classes: its first images are a fair sample. */
  train: readonly Labelled<Image>[];
  test: readonly Labelled<Image>[];
  /** Whether the archive says which images are for the test; otherwise they were set aside here. */
  hasTest: boolean;
}>;

type Placed<Image> = Readonly<{ image: Image; folders: readonly string[]; key: string }>;

const TRAIN = 'train';
const TEST = 'test';
/** Training images too: a job sets its own validation images aside. */
const VALIDATION = ['val', 'valid', 'validation'];

const MOST_FAULTS = 20;
const LONGEST_NAME = 100;

/**
 * Folders `train` and `test` with a folder for each class, or folders of classes alone, from which `testShare` of each class is set
 * aside; either may lie in more folders. Throws `invalid_dataset`, with the paths of what does not fit.
 */
export function layoutOf<Image extends Readonly<{ path: string }>>(
  images: readonly Image[],
  testShare: number,
): Layout<Image> {
  const placed = withoutRoot(
    images.map((image) => {
      const key = createHash('sha256').update(image.path).digest('hex');
      return { image, folders: image.path.split('/').slice(0, -1), key };
    }),
  ).sort((a, b) => (a.key < b.key ? -1 : 1));
  if (placed.length === 0) {
    throw new TrainyardError('invalid_dataset', 'The archive has no images: PNG, JPEG and WebP files are taken.');
  }
  const top = new Set(placed.map(({ folders: [first = ''] }) => first));
  const hasTest = top.has(TRAIN) && [...top].every((name) => [TRAIN, TEST, ...VALIDATION].includes(name));
  if (hasTest && !top.has(TEST)) {
    const others = [...top].filter((name) => name !== TRAIN).join(' and ');
    throw new TrainyardError(
      'invalid_dataset',
      `The archive has the folders train and ${others}, and none named test: give that name to the one with the test images.`,
    );
  }
  const classOf = ({ folders }: Placed<Image>): string => folders[hasTest ? 1 : 0] ?? '';
  const isTest = hasTest
    ? ({ folders: [first] }: Placed<Image>) => first === TEST
    : setAside(placed, classOf, testShare);
  const [train, test] = [placed.filter((each) => !isTest(each)), placed.filter(isTest)];
  const classes = [...new Set(train.map(classOf))].sort();
  const faults = [...faultsOf(placed, classOf), ...faultsOfTest(test, classOf, classes)];
  if (faults.length > 0) throw refuse(faults);
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    throw new TrainyardError(
      'invalid_dataset',
      `The archive has ${classes.length === 1 ? `one class, ${classes[0]}` : `${classes.length} classes`}: 2 to ${MOST_CLASSES} are taken, each a folder.`,
    );
  }
  const labels = new Map(classes.map((name, label) => [name, label]));
  const labelled = (among: readonly Placed<Image>[]) =>
    among.map((each) => ({ image: each.image, label: labels.get(classOf(each)) ?? 0 }));
  return { classes, train: labelled(train), test: labelled(test), hasTest };
}

/** Without the folders that all lie in, as long as what is left still has a folder each. */
function withoutRoot<Image>(placed: readonly Placed<Image>[]): Placed<Image>[] {
  const [root] = placed[0]?.folders ?? [];
  const isRoot = placed.length > 0 && placed.every(({ folders }) => folders.length > 1 && folders[0] === root);
  if (!isRoot) return [...placed];
  return withoutRoot(placed.map((each) => ({ ...each, folders: each.folders.slice(1) })));
}

/** Whether an image is one of the first of its class; at least one is, and one is left. */
function setAside<Image>(
  placed: readonly Placed<Image>[],
  classOf: (each: Placed<Image>) => string,
  share: number,
): (each: Placed<Image>) => boolean {
  const classes = new Map<string, Placed<Image>[]>();
  for (const each of placed) {
    const known = classes.get(classOf(each));
    if (known === undefined) classes.set(classOf(each), [each]);
    else known.push(each);
  }
  const chosen = new Set<Placed<Image>>();
  for (const ofClass of classes.values()) {
    const count = Math.min(Math.max(1, Math.round(share * ofClass.length)), ofClass.length - 1);
    for (const each of ofClass.slice(0, count)) chosen.add(each);
  }
  return (each) => chosen.has(each);
}

function* faultsOf<Image extends Readonly<{ path: string }>>(
  placed: readonly Placed<Image>[],
  classOf: (each: Placed<Image>) => string,
): Generator<FieldError> {
  for (const each of placed) {
    const name = classOf(each);
    if (name === '') yield { pointer: `/${each.image.path}`, message: 'lies in no folder of a class' };
    else if (name.length > LONGEST_NAME)
      yield {
        pointer: `/${each.image.path}`,
        message: `is of a class whose name has more than ${LONGEST_NAME} characters`,
      };
  }
}

function* faultsOfTest<Image extends Readonly<{ path: string }>>(
  test: readonly Placed<Image>[],
  classOf: (each: Placed<Image>) => string,
  classes: readonly string[],
): Generator<FieldError> {
  if (test.length === 0) yield { pointer: '', message: 'no class has two images, one of them for the test' };
  for (const each of test) {
    const name = classOf(each);
    if (name !== '' && !classes.includes(name))
      yield { pointer: `/${each.image.path}`, message: `is of the class ${name}, which has no training image` };
  }
}

/** The refusal of an archive, with the first of its faults. */
export function refuse(faults: readonly FieldError[]): TrainyardError {
  const [first] = faults;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more files do not fit either` : '';
  const subject = first?.pointer === '' ? '' : `${first?.pointer.slice(1)} `;
  return new TrainyardError('invalid_dataset', `The archive cannot be used: ${subject}${first?.message}${more}.`, {
    errors: faults.slice(0, MOST_FAULTS),
  });
}
