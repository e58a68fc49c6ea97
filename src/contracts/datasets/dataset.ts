/** Schemas of data sets, and of the options of an import. */
import { type Static, Type } from 'typebox';
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
    background: Type.Optional(
      Type.String({
        pattern: '^#[0-9a-f]{6}$',
        description: 'Background behind transparent images and around narrow ones. Absent if it is black.',
      }),
    ),
    ignoredFiles: Type.Integer({
      minimum: 0,
      description: 'Files of the archive that are not images. Files that operating systems add do not count.',
    }),
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
        'Side of the stored images, in pixels. Each image is scaled to fit with its aspect ratio, and the background fills the rest. It is the default of `dataset.resize`; a larger `resize` adds no detail.',
    }),
    channels: IntegerEnum([1, 3], {
      default: 3,
      description: '3: colour. 1: grey.',
    }),
    background: Type.String({
      pattern: '^(black|white|#[0-9a-fA-F]{6})$',
      default: 'black',
      description:
        'Background behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb` (`%23rrggbb` in a URL). Predictions use the same.',
    }),
    onError: StringEnum(['refuse', 'skip'], {
      default: 'refuse',
      description:
        '`refuse`: reject an archive with an unusable image. `skip`: leave unusable images out and list them with their reasons.',
    }),
    testShare: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description:
        'Share of each class that becomes test images, at least one image, if the archive has no folders `train` and `test`. The choice depends only on the paths of the images.',
    }),
  },
  { additionalProperties: false },
);
export type DatasetImport = Static<typeof DatasetImport>;

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
