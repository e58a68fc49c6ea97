/** Schemas of the images of a data set, of their numbers per class, and of images that occur several times. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { DatasetInfo, DatasetPathName } from './dataset.js';

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];

export const splitName = StringEnum(SPLIT_NAMES, {
  description: 'Split. `validation` exists if the data set has a validation split of its own.',
});
const classCounts = Type.Array(Type.Integer({ minimum: 0 }));

/** Images of each class, in the order of `classes`. */
export const ImageCounts = Type.Object(
  { train: classCounts, validation: Type.Optional(classCounts), test: classCounts },
  {
    additionalProperties: false,
    description:
      'Images of each class in each split, in the order of `classes`. Those of `synthetic` are drawn with seed 0.',
  },
);
export type ImageCounts = Static<typeof ImageCounts>;

/** Numbers of images that occur several times. */
export const DuplicateCounts = Type.Object(
  {
    groups: Type.Integer({ minimum: 0, description: 'Groups of images with the same pixels.' }),
    images: Type.Integer({ minimum: 0, description: 'Images in these groups.' }),
    leakedTest: Type.Integer({
      minimum: 0,
      description: 'Test images with the pixels of a training or validation image. They make the test score too good.',
    }),
    leakedValidation: Type.Integer({
      minimum: 0,
      description: 'Validation images with the pixels of a training image.',
    }),
    conflicts: Type.Integer({
      minimum: 0,
      description: 'Groups whose images belong to different classes, so that at least one class is wrong.',
    }),
  },
  {
    additionalProperties: false,
    description:
      'Images with the same stored pixels, counted at the import. Absent for built-in data sets, and for data sets that an earlier version imported.',
  },
);
export type DuplicateCounts = Static<typeof DuplicateCounts>;

export const DatasetDetails = Type.Object(
  { ...DatasetInfo.properties, counts: ImageCounts, duplicates: Type.Optional(DuplicateCounts) },
  { additionalProperties: false },
);
export type DatasetDetails = Static<typeof DatasetDetails>;

/** Content of `statistics.json` in the folder of a stored data set. Earlier versions did not write it. */
export const StoredStatistics = Type.Object(
  { format: Type.Literal(1), counts: ImageCounts, duplicates: DuplicateCounts },
  { additionalProperties: false },
);
export type StoredStatistics = Static<typeof StoredStatistics>;

export const imageIndex = Type.Integer({
  minimum: 0,
  maximum: 9_999_999,
  description: 'Number of the image in its split.',
});
export const imageUrl = Type.String({
  description:
    'Path of the image as a PNG, with the version of the split in the query: its answer never changes, and browsers keep it.',
});

/** Query of `GET /datasets/{name}/images`. */
export const DatasetImagesQuery = Type.Object(
  {
    split: StringEnum(SPLIT_NAMES, { default: 'train', description: 'Split to list.' }),
    class: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'Name of a class. Absent: the images of all classes.' }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'Images per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,7}$',
        description: 'The `nextCursor` of the previous page, or the number of the image to begin with.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type DatasetImagesQuery = Static<typeof DatasetImagesQuery>;

export const DatasetImage = Type.Object(
  {
    index: imageIndex,
    class: Type.String({ description: 'Name of its class.' }),
    path: Type.Optional(
      Type.String({
        description:
          'Path of the file in the archive. Absent for built-in data sets, and for data sets that an earlier version imported.',
      }),
    ),
    url: imageUrl,
  },
  { additionalProperties: false },
);
export type DatasetImage = Static<typeof DatasetImage>;

export const DatasetImagePage = Type.Object(
  {
    split: splitName,
    total: Type.Integer({ minimum: 0, description: 'Images of the split, or of the class in it.' }),
    images: Type.Array(DatasetImage, { description: 'In the order of the training.' }),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type DatasetImagePage = Static<typeof DatasetImagePage>;

/** Path and query of `GET /datasets/{name}/images/{split}/{index}`. */
export const DatasetImageParams = Type.Object({ name: DatasetPathName, split: splitName, index: imageIndex });
export const DatasetImageQuery = Type.Object(
  {
    version: Type.Optional(
      Type.String({
        pattern: '^[0-9a-z-]{1,64}$',
        description:
          'Version of the split, as in the URLs of the list. The answer may then be kept forever; 404 if the data set was replaced. Absent: the current image, with an `ETag`.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Maximum number of images that a group of duplicates lists. */
export const LISTED_DUPLICATES = 10;
const DUPLICATE_KINDS = ['leak', 'conflict', 'copy'] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

/** Query of `GET /datasets/{name}/duplicates`. */
export const DuplicatesQuery = Type.Object(
  {
    kind: Type.Optional(
      StringEnum(DUPLICATE_KINDS, {
        description:
          '`leak`: groups in several splits. `conflict`: groups in several classes. `copy`: groups in one class of one split. Absent: all.',
      }),
    ),
    match: Type.Optional(
      StringEnum(['same', 'near'], {
        default: 'same',
        description: '`same`: groups with the same pixels. `near`: groups of images that look alike.',
      }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Groups per page.' }),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'The `nextCursor` of the previous page.' }),
    ),
  },
  { additionalProperties: false },
);
export type DuplicatesQuery = Static<typeof DuplicatesQuery>;

export const DuplicateGroup = Type.Object(
  {
    kinds: Type.Array(StringEnum(DUPLICATE_KINDS), { minItems: 1, description: 'A leak may be a conflict as well.' }),
    count: Type.Integer({ minimum: 2, description: 'Images in the group.' }),
    images: Type.Array(
      Type.Object(
        {
          split: splitName,
          index: imageIndex,
          class: Type.String({ description: 'Name of its class.' }),
          path: Type.String({ description: 'Path of the file in the archive.' }),
          url: imageUrl,
        },
        { additionalProperties: false },
      ),
      { description: `The first ${LISTED_DUPLICATES} of them, at least one of each split and class if there is room.` },
    ),
  },
  { additionalProperties: false },
);
export type DuplicateGroup = Static<typeof DuplicateGroup>;

export const DuplicatePage = Type.Object(
  {
    groups: Type.Array(DuplicateGroup, { description: 'Leaks and conflicts first, then the largest groups.' }),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type DuplicatePage = Static<typeof DuplicatePage>;
