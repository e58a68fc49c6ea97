/** Schemas of data sets, and of the options of an import. */
import { type Static, Type } from 'typebox';
import { BACKGROUND_PATTERN, DEFAULT_IMAGE_PREPROCESSING, imageOptions } from '../images/image-preprocessing.js';
import { IntegerEnum, StringEnum } from '../json-schema/enums.js';
import { NAME_FORM, NAME_PATTERN } from '../references/model-reference.js';

/** Name of a data set. An imported data set is stored in a folder of this name. */
export const DatasetName = Type.String({
  title: 'Data set name',
  pattern: NAME_PATTERN,
  description:
    'Data set to train on, one of `GET /datasets`: `fashion-mnist`, an imported data set, or `synthetic`, whose images are generated from the seed and need no files.',
  examples: ['fashion-mnist'],
});

/** Name of a data set in a path. */
export const DatasetPathName = Type.String({
  pattern: NAME_PATTERN,
  description: `Name of the data set. ${NAME_FORM}`,
});

/** Range of `resize`, in pixels. */
export const SMALLEST_RESIZE = 8;
export const LARGEST_RESIZE = 512;

/** Maximum number of images in one split. */
export const MAX_SAMPLES = 10_000_000;
export const MAX_CLASSES = 10_000;
/** Maximum number of class names in each entry of a list. */
export const MAX_LISTED_CLASSES = 256;
export const classCount = Type.Optional(
  Type.Integer({
    description: `Number of classes. Present in lists, if \`classes\` has only the first ${MAX_LISTED_CLASSES} names.`,
  }),
);

/** Maximum number of groups of left-out files in a data set's description. */
export const MAX_LEFT_OUT_GROUPS = 100;
/** Maximum number of example files in each group. */
export const LEFT_OUT_EXAMPLES = 3;

/** Files of one folder of the archive that are left out of the data set for the same reason. */
export const LeftOutGroup = Type.Object(
  {
    folder: Type.String({ description: 'Folder of their class, or the folder that contains them.' }),
    reason: Type.String(),
    files: Type.Integer({ minimum: 1 }),
    examples: Type.Array(Type.String(), { description: `Paths of up to ${LEFT_OUT_EXAMPLES} of the files.` }),
  },
  { additionalProperties: false },
);
export type LeftOutGroup = Static<typeof LeftOutGroup>;

/** A file of the archive that is left out of the data set. */
export const LeftOutFile = Type.Object(
  {
    path: Type.String(),
    reason: Type.String({ description: 'Why the file is left out, as the predicate of a sentence.' }),
  },
  { additionalProperties: false },
);
export type LeftOutFile = Static<typeof LeftOutFile>;

/** Query of `GET /datasets/{name}/left-out`. */
export const LeftOutQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Files per page.' }),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'The `nextCursor` of the previous page.' }),
    ),
  },
  { additionalProperties: false },
);
export type LeftOutQuery = Static<typeof LeftOutQuery>;
export const LeftOutPage = Type.Object(
  {
    files: Type.Integer({ minimum: 0, description: 'Total number of left-out files.' }),
    leftOut: Type.Array(LeftOutFile),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type LeftOutPage = Static<typeof LeftOutPage>;

/** Options of an import that decide which images are in which split. The archive's own splits come first. */
const splitOptions = {
  validationShare: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description:
      'Share of all images that becomes the data set’s own validation split, if the archive has none. 0: no validation split.',
  }),
  stratified: Type.Boolean({
    default: true,
    description:
      'true: each class gives its share to the drawn splits (largest-remainder method). false: classes do not matter.',
  }),
  groups: Type.String({
    minLength: 1,
    maxLength: 200,
    description:
      'Images of one group stay in one split. With parentheses: a regular expression with one group, such as `^(patient\\d+)_`. It applies to the file name, or to the whole path if it contains a slash. Without parentheses: the name of a column of the manifest. Default: the column `group`, if the manifest has one.',
    examples: ['^([a-z]+\\d+)-'],
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 2 ** 32 - 1,
    default: 0,
    description: 'Seed of the drawn splits. With 0 the choice depends on the paths of the images alone.',
  }),
};

/** Tells whether `groups` is a pattern and not the name of a column. */
export const isGroupPattern = (groups: string): boolean => groups.includes('(');

/** Returns the options of the splits that contradict each other or cannot be used. Pointers are those of a query. */
export function checkSplitOptions({
  testShare,
  validationShare = 0,
  groups,
}: Pick<DatasetImport, 'testShare' | 'validationShare' | 'groups'>): { pointer: string; message: string }[] {
  const fault = groups !== undefined && isGroupPattern(groups) ? patternFault(groups) : undefined;
  const isWhole = testShare + validationShare >= 1;
  const rest = `leaves no training images together with testShare ${testShare}: both must be less than 1 together`;
  return [
    ...(isWhole ? [{ pointer: '?validationShare', message: rest }] : []),
    ...(fault === undefined ? [] : [{ pointer: '?groups', message: fault }]),
  ];
}

function patternFault(pattern: string): string | undefined {
  try {
    const groups = (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1;
    return groups === 1
      ? undefined
      : `must have one group in parentheses, and has ${groups}. Write the others as (?:…)`;
  } catch (error) {
    return `is not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Origin of an imported data set. */
export const ImportRecord = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    sha256: Type.String({ description: 'SHA-256 of the archive.' }),
    testShare: Type.Optional(
      Type.Number({
        description: 'Share of each class that became test images. Absent if the archive has its own test images.',
      }),
    ),
    validationShare: Type.Optional({ ...splitOptions.validationShare, description: 'Absent if it is 0.' }),
    stratified: Type.Optional({ ...splitOptions.stratified, description: 'Absent if it is true.' }),
    groups: Type.Optional({
      ...splitOptions.groups,
      description: 'Pattern or column of the groups, if the import named one.',
    }),
    seed: Type.Optional({ ...splitOptions.seed, description: 'Absent if it is 0.' }),
    manifests: Type.Optional(
      Type.Array(Type.String(), { description: 'Paths of the first manifests that name class, split or group.' }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: '^#[0-9a-f]{6}$',
        description: 'Background behind transparent images and around narrow ones. Absent if it is black.',
      }),
    ),
    fit: Type.Optional({ ...imageOptions.fit, description: 'Fit of the images. Absent if it is `contain`.' }),
    cropShare: Type.Optional({ ...imageOptions.cropShare, description: 'Only for `resize-crop`.' }),
    decoding: Type.Optional({ ...imageOptions.decoding, description: 'Absent if it is `managed`.' }),
    interpolation: Type.Optional({
      ...imageOptions.interpolation,
      description: 'Absent if it is the default of the fit: `fast` for `contain`, `bilinear` for the others.',
    }),
    antialias: Type.Optional({ ...imageOptions.antialias, description: 'Absent if it is true.' }),
    ignoredFiles: Type.Integer({
      minimum: 0,
      description: 'Files of the archive that are not images. Files that operating systems add do not count.',
    }),
    onLeak: Type.Optional(
      StringEnum(['move', 'drop'], {
        description: 'What the import did with images that occur in several splits. Absent if it only reported them.',
      }),
    ),
    badImages: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Unusable images that `onError=skip` left out.' }),
    ),
    leftOut: Type.Optional(
      Type.Object(
        {
          files: Type.Integer({
            minimum: 1,
            description: 'Number of left-out files. `GET /datasets/{name}/left-out` lists all of them.',
          }),
          groups: Type.Array(LeftOutGroup, {
            maxItems: MAX_LEFT_OUT_GROUPS,
            description: `Groups by folder and reason, the largest first, at most ${MAX_LEFT_OUT_GROUPS}.`,
          }),
        },
        {
          additionalProperties: false,
          description:
            'Files of the archive that are left out: not images, duplicates, outside the splits, or unusable.',
        },
      ),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Sentences about suspicious names, classes or pixels. Absent if there are none.',
      }),
    ),
  },
  { additionalProperties: false, description: 'Origin of the data set. Present if it was imported.' },
);

export const DatasetInfo = Type.Object(
  {
    name: Type.String(),
    height: Type.Integer({ description: 'Height of each image, in pixels.' }),
    width: Type.Integer({ description: 'Width of each image, in pixels.' }),
    channels: Type.Integer({ description: '1: grey. 3: red, green, blue.' }),
    trainSamples: Type.Integer(),
    testSamples: Type.Integer(),
    validationSamples: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Images of the data set’s own validation split, which `dataset.validation: "own"` uses. Absent if there is none.',
      }),
    ),
    mean: Type.Array(Type.Number(), {
      description: 'Mean per channel of the pixels (0 to 1) of the whole training set.',
    }),
    std: Type.Array(Type.Number(), { description: 'Standard deviation per channel of the same pixels.' }),
    classes: Type.Array(Type.String()),
    classCount,
    imported: Type.Optional(ImportRecord),
  },
  { additionalProperties: false },
);
export type DatasetInfo = Static<typeof DatasetInfo>;

/** Tells whether a data set was imported after a time in ISO 8601: then what had its name at that time was another one. */
export const wasImportedAfter = ({ imported }: Pick<DatasetInfo, 'imported'>, time: string): boolean =>
  imported !== undefined && Date.parse(imported.at) > Date.parse(time);

/** Query of `GET /datasets`. */
export const DatasetQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Data sets per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: NAME_PATTERN,
        description: 'The `nextCursor` of the previous page. Absent: the first data sets.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type DatasetQuery = Static<typeof DatasetQuery>;

/** One page of data sets: first the built-in ones, then the imported ones by name. */
export const DatasetPage = Type.Object(
  {
    datasets: Type.Array(DatasetInfo),
    nextCursor: Type.Optional(
      Type.String({
        description: 'Cursor of the next page. Absent on the last page. A page may be shorter than `limit`.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type DatasetPage = Static<typeof DatasetPage>;

/** Query of `PUT /datasets/{name}`: how images are stored, and which become test images. */
export const DatasetImport = Type.Object(
  {
    side: Type.Integer({
      minimum: SMALLEST_RESIZE,
      maximum: LARGEST_RESIZE,
      default: 96,
      description:
        'Side of the stored images, in pixels. `fit` decides how other shapes become square. It is the default of `dataset.resize`; a larger `resize` adds no detail.',
    }),
    channels: IntegerEnum([1, 3], {
      default: 3,
      description: '3: colour. 1: grey.',
    }),
    background: Type.String({
      pattern: BACKGROUND_PATTERN,
      default: 'black',
      description:
        'Background behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb` (`%23rrggbb` in a URL). Predictions use the same.',
    }),
    fit: { ...imageOptions.fit, default: DEFAULT_IMAGE_PREPROCESSING.fit },
    cropShare: Type.Optional(imageOptions.cropShare),
    decoding: { ...imageOptions.decoding, default: DEFAULT_IMAGE_PREPROCESSING.decoding },
    interpolation: Type.Optional(imageOptions.interpolation),
    antialias: { ...imageOptions.antialias, default: DEFAULT_IMAGE_PREPROCESSING.antialias },
    onError: StringEnum(['refuse', 'skip'], {
      default: 'refuse',
      description:
        '`refuse`: reject an archive with an unusable image. `skip`: leave unusable images out and list them with their reasons.',
    }),
    onLeak: Type.Optional(
      StringEnum(['report', 'move', 'drop'], {
        default: 'report',
        description:
          'What to do with images that occur in several splits, with the same pixels or as near duplicates. `report`: keep them and say so. `move`: move test and validation images to the split of their twins that is trained on most (training before validation), so that the remaining test images are new to the model; images of one group move together. `drop`: leave out the training image, or the validation image of a test image; test images stay as they are.',
      }),
    ),
    testShare: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description:
        'Share of each class that becomes test images, at least one image, if the archive has no test split of its own. The choice depends only on the paths of the images and on `seed`.',
    }),
    validationShare: Type.Optional(splitOptions.validationShare),
    stratified: Type.Optional(splitOptions.stratified),
    groups: Type.Optional(splitOptions.groups),
    seed: Type.Optional(splitOptions.seed),
  },
  { additionalProperties: false },
);
export type DatasetImport = Static<typeof DatasetImport>;

/** JSON body of `PUT /datasets/{name}`: the address from which the service fetches the archive. */
export const DatasetSource = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2_000,
      description:
        'Address of the archive, `https://` in public networks unless `DOWNLOAD_NETWORKS` allows more. The service follows up to 5 redirects and continues a download that breaks off.',
      examples: ['https://example.com/boots.tar.gz'],
    }),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file. Another file is refused.' }),
    ),
  },
  { additionalProperties: false, title: 'Address of an archive' },
);
export type DatasetSource = Static<typeof DatasetSource>;

/** SHA-256 of a file of a stored data set. */
const file = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const DATASET_FILES = [
  ...(['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const),
  ...(['validationImages', 'validationLabels'] as const),
] as const;

/** Content of `dataset.json`, which describes a stored data set. */
export const StoredDataset = Type.Object(
  {
    format: Type.Literal(1),
    info: DatasetInfo,
    files: Type.Object({
      ...{ trainImages: file, trainLabels: file, testImages: file, testLabels: file },
      ...{ validationImages: Type.Optional(file), validationLabels: Type.Optional(file) },
    }),
  },
  { additionalProperties: false },
);
export type StoredDataset = Static<typeof StoredDataset>;
