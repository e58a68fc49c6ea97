/** The data set contract: what is known of one, and what an archive of images is imported with. */
import { type Static, Type } from 'typebox';
import { NAME_PATTERN } from './model-reference.js';

/** A data set's name: the folder that an imported one is stored in. */
export const DatasetName = Type.String({
  pattern: NAME_PATTERN,
  description:
    'The data set to train on, one of `GET /datasets`: `fashion-mnist`, `synthetic`, which is generated from the seed for trying things out without files, or one that was imported. Default `fashion-mnist`.',
});

/** In pixels. */
export const SMALLEST_RESIZE = 8;
export const LARGEST_RESIZE = 512;

/** Most images of one split. */
export const MOST_SAMPLES = 10_000_000;
/** A label is one byte. */
export const MOST_CLASSES = 256;

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
    ignoredFiles: Type.Integer({ minimum: 0, description: 'Files of the archive that are no images, by their names.' }),
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
    mean: Type.Array(Type.Number(), {
      description: 'Per channel, of pixels from 0 to 1 over the whole training set.',
    }),
    std: Type.Array(Type.Number(), { description: 'Standard deviation per channel, of the same pixels.' }),
    classes: Type.Array(Type.String()),
    imported: Type.Optional(ImportRecord),
  },
  { additionalProperties: false },
);
export type DatasetInfo = Static<typeof DatasetInfo>;

/** Query of `PUT /datasets/{name}`: how images become pixels, and which are for the test. */
export const DatasetImport = Type.Object(
  {
    side: Type.Integer({
      minimum: SMALLEST_RESIZE,
      maximum: LARGEST_RESIZE,
      default: 96,
      description:
        'Height and width in pixels in which each image is kept: made to fit with its aspect, black around it. It is the default of `dataset.resize`; a larger `resize` adds no detail. Default 96.',
    }),
    channels: Type.Union([Type.Literal(1), Type.Literal(3)], {
      default: 3,
      description: '3: colour. 1: grey. Default 3.',
    }),
    testShare: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description:
        'Where the archive has no folders `train` and `test`: the share of each class that is set aside as test images, at least one. Which ones is a matter of their paths alone. Default 0.2.',
    }),
  },
  { additionalProperties: false },
);
export type DatasetImport = Static<typeof DatasetImport>;

/** The files of a stored data set, each with its SHA-256. */
const file = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const DATASET_FILES = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const;

/** dataset.json of a stored data set. */
export const StoredDataset = Type.Object(
  {
    format: Type.Literal(1),
    info: DatasetInfo,
    files: Type.Object({ trainImages: file, trainLabels: file, testImages: file, testLabels: file }),
  },
  { additionalProperties: false },
);
export type StoredDataset = Static<typeof StoredDataset>;
