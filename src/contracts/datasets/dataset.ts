/** The data set contract: what is known of one, and what an archive of images is imported with. */
import { type Static, Type } from 'typebox';
import { IntegerEnum, StringEnum } from '../json-schema/enums.js';
import { NAME_FORM, NAME_PATTERN } from '../references/model-reference.js';

/** A data set's name: the folder that an imported one is stored in. */
export const DatasetName = Type.String({
  pattern: NAME_PATTERN,
  description:
    'The data set to train on, one of `GET /datasets`: `fashion-mnist`, `synthetic`, which is generated from the seed for trying things out without files, or one that was imported. Default `fashion-mnist`.',
});

/** The name in the path of a data set, which an import may choose. */
export const DatasetPathName = Type.String({
  pattern: NAME_PATTERN,
  description: `The name of the data set. ${NAME_FORM}`,
});

/** In pixels. */
export const SMALLEST_RESIZE = 8;
export const LARGEST_RESIZE = 512;

/** Most images of one split. */
export const MAX_SAMPLES = 10_000_000;
export const MOST_CLASSES = 10_000;
/** Classes that each entry of a list names. */
export const MOST_LISTED_CLASSES = 256;
export const classCount = Type.Optional(
  Type.Integer({
    description: `How many classes there are, in a list that names only the first ${MOST_LISTED_CLASSES}. Absent if \`classes\` has all.`,
  }),
);

/** Groups of left-out files in the description of a data set. */
export const MOST_LEFT_OUT_GROUPS = 100;
/** Files that each group names. */
export const LEFT_OUT_EXAMPLES = 3;

/** Files of an archive that are not part of the data set, for one reason, in one folder. */
export const LeftOutGroup = Type.Object(
  {
    folder: Type.String({ description: 'The folder of their class, or the folder they lie in.' }),
    reason: Type.String(),
    files: Type.Integer({ minimum: 1 }),
    examples: Type.Array(Type.String(), { description: `Paths of up to ${LEFT_OUT_EXAMPLES} of them.` }),
  },
  { additionalProperties: false },
);
export type LeftOutGroup = Static<typeof LeftOutGroup>;

/** A file of an archive that is not part of the data set. */
export const LeftOutFile = Type.Object(
  { path: Type.String(), reason: Type.String({ description: 'The rest of a sentence about the file.' }) },
  { additionalProperties: false },
);
export type LeftOutFile = Static<typeof LeftOutFile>;

/** Query and answer of `GET /datasets/{name}/left-out`. */
export const LeftOutQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Files of one page. Default 100.' }),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'The `nextCursor` of the page before.' }),
    ),
  },
  { additionalProperties: false },
);
export type LeftOutQuery = Static<typeof LeftOutQuery>;
export const LeftOutPage = Type.Object(
  {
    files: Type.Integer({ minimum: 0, description: 'How many files were left out in all.' }),
    leftOut: Type.Array(LeftOutFile),
    nextCursor: Type.Optional(Type.String({ description: 'For the next page; absent on the last.' })),
  },
  { additionalProperties: false },
);
export type LeftOutPage = Static<typeof LeftOutPage>;

/** What the archive was, of an imported data set. */
export const ImportRecord = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    sha256: Type.String({ description: 'SHA-256 of the archive.' }),
    testShare: Type.Optional(
      Type.Number({
        description: 'Share of each class that was set aside as test images; absent where the archive has its own.',
      }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: '^#[0-9a-f]{6}$',
        description: 'What is behind transparent and around narrow images, unless it is black.',
      }),
    ),
    ignoredFiles: Type.Integer({
      minimum: 0,
      description: 'Files of the archive that are no images. Files that operating systems add do not count.',
    }),
    badImages: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Images that cannot be used and were left out by `onError=skip`.' }),
    ),
    leftOut: Type.Optional(
      Type.Object(
        {
          files: Type.Integer({ minimum: 1, description: 'All of them; `GET /datasets/{name}/left-out` lists each.' }),
          groups: Type.Array(LeftOutGroup, {
            maxItems: MOST_LEFT_OUT_GROUPS,
            description: `By folder and reason, the largest first, at most ${MOST_LEFT_OUT_GROUPS}.`,
          }),
        },
        {
          additionalProperties: false,
          description:
            'Files of the archive that are not part of the data set: no images, repeated, beside the splits, or bad.',
        },
      ),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description: 'What is odd about the names, the classes or the pixels, in sentences. Absent if nothing is.',
      }),
    ),
  },
  { additionalProperties: false, description: 'Of an imported data set: where it comes from.' },
);

export const DatasetInfo = Type.Object(
  {
    name: Type.String(),
    height: Type.Integer({ description: 'Pixels of each image.' }),
    width: Type.Integer(),
    channels: Type.Integer({ description: '1: grey. 3: red, green, blue.' }),
    trainSamples: Type.Integer(),
    testSamples: Type.Integer(),
    validationSamples: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Images of its own validation split, which `dataset.validation: "own"` scores. Absent if the data set has none.',
      }),
    ),
    mean: Type.Array(Type.Number(), {
      description: 'Per channel, of pixels from 0 to 1 over the whole training set.',
    }),
    std: Type.Array(Type.Number(), { description: 'Standard deviation per channel, of the same pixels.' }),
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
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Data sets of one page. Default 100.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: NAME_PATTERN,
        description: 'The `nextCursor` of the page before; without it, the first data sets.',
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
      Type.String({ description: 'Present if there are more data sets; the page may be short then.' }),
    ),
  },
  { additionalProperties: false },
);
export type DatasetPage = Static<typeof DatasetPage>;

/** Query of `PUT /datasets/{name}`: how images become pixels, and which are for the test. */
export const DatasetImport = Type.Object(
  {
    side: Type.Integer({
      minimum: SMALLEST_RESIZE,
      maximum: LARGEST_RESIZE,
      default: 96,
      description:
        'Height and width in pixels in which each image is kept: made to fit with its aspect, the background around it. It is the default of `dataset.resize`; a larger `resize` adds no detail. Default 96.',
    }),
    channels: IntegerEnum([1, 3], {
      default: 3,
      description: '3: colour. 1: grey. Default 3.',
    }),
    background: Type.String({
      pattern: '^(black|white|#[0-9a-fA-F]{6})$',
      default: 'black',
      description:
        'What is behind transparent images, and around narrow ones: `black`, `white`, or `#rrggbb` (`%23rrggbb` in a URL). Predictions use the same. Default black.',
    }),
    onError: StringEnum(['refuse', 'skip'], {
      default: 'refuse',
      description:
        '`refuse`: an archive with an image that cannot be used is refused. `skip`: the data set has the others, and lists the bad ones with their reasons. Default refuse.',
    }),
    testShare: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description:
        'If the archive has no folders `train` and `test`: the share of each class that is set aside as test images, at least one. Which ones is a matter of their paths alone. Default 0.2.',
    }),
  },
  { additionalProperties: false },
);
export type DatasetImport = Static<typeof DatasetImport>;

/** The files of a stored data set, each with its SHA-256. */
const file = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const DATASET_FILES = [
  ...(['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const),
  ...(['validationImages', 'validationLabels'] as const),
] as const;

/** dataset.json of a stored data set. */
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
