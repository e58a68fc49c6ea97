/** Schemas of the report on a data set: what its import found out about the images. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { LeftOutGroup } from './dataset.js';
import { DuplicateCounts, ImageCounts, imageIndex, imageUrl, splitName } from './dataset-content.js';

const closed = { additionalProperties: false };
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** What to do with images that occur in several splits. */
export const LEAK_ACTIONS = ['report', 'move', 'drop'] as const;
export type LeakAction = (typeof LEAK_ACTIONS)[number];

const FINDINGS = [
  ...(['leaks', 'near-leaks', 'conflicts', 'near-conflicts', 'blank', 'imbalance', 'left-out', 'enlarged'] as const),
  ...(['copies', 'leaks-resolved', 'incomplete'] as const),
] as const;

export const Finding = Type.Object(
  {
    code: StringEnum(FINDINGS),
    level: StringEnum(['serious', 'warning', 'note'], {
      description:
        '`serious`: scores or training are wrong. `warning`: probably a mistake in the data. `note`: good to know.',
    }),
    message: Type.String({ description: 'What was found and what to do, in sentences.' }),
    images: count('Images concerned. For `conflicts`: groups of images.'),
  },
  closed,
);
export type Finding = Static<typeof Finding>;

const quantile = Type.Number({ minimum: 0 });
const Quantiles = (description: string) =>
  Type.Object(
    { min: quantile, p5: quantile, p25: quantile, median: quantile, p75: quantile, p95: quantile, max: quantile },
    { ...closed, description },
  );
export type Quantiles = Static<ReturnType<typeof Quantiles>>;

export const OriginalSizes = Type.Object(
  {
    images: count('Images whose size is known.'),
    width: Quantiles('Width of the upright originals, in pixels: extremes and percentiles (nearest rank).'),
    height: Quantiles('Height of the upright originals, in pixels.'),
    aspect: Quantiles('Width divided by height of the originals.'),
    enlarged: count('Images that the import enlarged, because both sides are shorter than the stored side.'),
  },
  { ...closed, description: 'Sizes of the files before they were scaled. Absent if no size is known.' },
);
export type OriginalSizes = Static<typeof OriginalSizes>;

const inSplits = {
  train: count('Among the training images.'),
  validation: Type.Optional(count('Among the validation images. Absent without such a split.')),
  test: count('Among the test images.'),
};

export const BlankCounts = Type.Object(
  {
    images: count('Number of these images.'),
    ...inSplits,
    transparent: count('Number of these images that are drawn on transparency. Another `background` may show them.'),
  },
  {
    ...closed,
    description:
      'Images that show nothing: at least 99.5 % of their pixels differ from one colour by at most 8 of 255 in each channel. Bars around the image do not count.',
  },
);
export type BlankCounts = Static<typeof BlankCounts>;

export const NearDuplicateCounts = Type.Object(
  {
    ...DuplicateCounts.properties,
    leakedTest: count(
      'Test images that nearly equal a training or validation image. Those with the same pixels as one do not count.',
    ),
    leakedValidation: count(
      'Validation images that nearly equal a training image. Those with the same pixels as one do not count.',
    ),
    isComplete: Type.Boolean({
      description: 'false: nearly all images resemble each other, and the search stopped before it had all pairs.',
    }),
  },
  {
    ...closed,
    description:
      'Images that look alike without the same pixels. Their perceptual hashes (pHash, 64 bits) differ in at most 8 bits. The mean colours of their 8 × 8 cells differ by at most 5 of 255 on average. Images that show nothing are not compared.',
  },
);
export type NearDuplicateCounts = Static<typeof NearDuplicateCounts>;

export const ResolvedLeaks = Type.Object(
  {
    action: StringEnum(['move', 'drop']),
    images: count('Images that were moved to another split, or left out.'),
  },
  { ...closed, description: 'What the import did with leaks. Absent unless `onLeak` was `move` or `drop`.' },
);
export type ResolvedLeaks = Static<typeof ResolvedLeaks>;

const ImbalanceClass = Type.Object(
  { class: Type.String({ description: 'Name of the class.' }), images: count('Its training images.') },
  closed,
);

export const DatasetReport = Type.Object(
  {
    name: Type.String({ description: 'Name of the data set.' }),
    findings: Type.Array(Finding, { description: 'What is wrong with the data, the most important first.' }),
    counts: ImageCounts,
    imbalance: Type.Object(
      {
        ratio: Type.Number({
          minimum: 1,
          description: 'Training images of the largest class per image of the smallest.',
        }),
        largest: ImbalanceClass,
        smallest: ImbalanceClass,
      },
      closed,
    ),
    sizes: Type.Optional(OriginalSizes),
    blank: Type.Optional(BlankCounts),
    same: Type.Optional(DuplicateCounts),
    near: Type.Optional(NearDuplicateCounts),
    leftOut: Type.Optional(
      Type.Object(
        { files: count('Number of left-out files.'), groups: Type.Array(LeftOutGroup) },
        { ...closed, description: 'Files of the archive that are not part of the data set, as in `imported.leftOut`.' },
      ),
    ),
    resolvedLeaks: Type.Optional(ResolvedLeaks),
  },
  {
    ...closed,
    description:
      'Built-in data sets and those that an earlier version imported have only the parts that are known: counts, imbalance, and perhaps `same`.',
  },
);
export type DatasetReport = Static<typeof DatasetReport>;

/** Content of `report.json` in the folder of a stored data set. Earlier versions did not write it. */
export const StoredReport = Type.Object(
  {
    format: Type.Literal(1),
    sizes: Type.Optional(OriginalSizes),
    blank: BlankCounts,
    near: NearDuplicateCounts,
    resolvedLeaks: Type.Optional(ResolvedLeaks),
  },
  closed,
);
export type StoredReport = Static<typeof StoredReport>;

/** Query of `GET /datasets/{name}/report/blank`. */
export const BlankQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'Images per page.' }),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'The `nextCursor` of the previous page.' }),
    ),
  },
  closed,
);
export type BlankQuery = Static<typeof BlankQuery>;

export const BlankImage = Type.Object(
  {
    split: splitName,
    index: imageIndex,
    class: Type.String({ description: 'Name of its class.' }),
    path: Type.String({ description: 'Path of the file in the archive.' }),
    colour: Type.String({ pattern: '^#[0-9a-f]{6}$', description: 'The colour of nearly all pixels.' }),
    transparent: Type.Boolean({ description: 'The file has transparent pixels.' }),
    url: imageUrl,
  },
  closed,
);
export type BlankImage = Static<typeof BlankImage>;

export const BlankPage = Type.Object(
  {
    images: Type.Array(BlankImage, { description: 'Training images first, then test images, then validation images.' }),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  closed,
);
export type BlankPage = Static<typeof BlankPage>;
