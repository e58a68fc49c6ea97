/** Schemas and defaults of the augmentation: random changes to the training images. */
import { type Static, type TNumberOptions, type TProperties, type TSchemaOptions, Type } from 'typebox';
import { optionalProperties, type RequestKind } from '../json-schema/defaults.js';
import { StringEnum } from '../json-schema/enums.js';
import { fromShortForm } from '../json-schema/short-form.js';

const closed = { additionalProperties: false };

const augmentationFields = {
  crop: Type.Integer({
    title: 'Random crop',
    minimum: 0,
    maximum: 128,
    description:
      'Black pixels added on every side of an image, in pixels of the data set, before it is cut back to its size at a random place. 0: no crop.',
    'x-unit': 'pixels',
    examples: [2],
  }),
  flip: Type.Boolean({
    title: 'Random mirror',
    description: 'Mirrors half of the images left to right.',
    examples: [true],
  }),
  erasing: Type.Number({
    title: 'Random erasing',
    minimum: 0,
    maximum: 1,
    description:
      'Share of the images in which a random rectangle of 2 to 33 % of the area is set to 0 (Zhong et al. 2017, arXiv:1708.04896).',
    'x-unit': 'share',
    examples: [0.25],
  }),
  cutout: Type.Integer({
    title: 'Cutout',
    minimum: 0,
    maximum: 512,
    description:
      'Side of a square at a random centre that is set to 0, in pixels of the data set (DeVries & Taylor 2017, arXiv:1708.04552). 0: no cutout.',
    'x-unit': 'pixels',
    examples: [8],
  }),
  mixup: Type.Number({
    title: 'Mixup',
    minimum: 0,
    maximum: 10,
    description:
      'Alpha of Beta(alpha, alpha), from which each step draws the share by which it mixes pairs of images (Zhang et al. 2017, arXiv:1710.09412). 0: no mixup.',
    examples: [0.2],
  }),
};
const AUGMENTATION_DEFAULTS = { crop: 0, flip: false, erasing: 0, cutout: 0, mixup: 0 };

/** Returns a pair of numbers, of which each has these limits. */
const pair = (limits: TNumberOptions, texts: TSchemaOptions) =>
  Type.Array(Type.Number(limits), { minItems: 2, maxItems: 2, ...texts });

const resizedCropFields = {
  scale: pair(
    { minimum: 0.01, maximum: 1 },
    {
      title: 'Share of the area',
      description: 'Minimum and maximum share of the image’s area.',
      'x-unit': 'share',
      examples: [[0.08, 1]],
    },
  ),
  ratio: pair(
    { minimum: 0.1, maximum: 10 },
    {
      title: 'Ratio of the sides',
      description: 'Minimum and maximum width / height of the part.',
      examples: [[0.75, 1.3333]],
    },
  ),
};
const RESIZED_CROP_DEFAULTS = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };
export const ResizedCropSpec = Type.Object(resizedCropFields, closed);
export type ResizedCropSpec = Static<typeof ResizedCropSpec>;

const affineFields = {
  degrees: Type.Number({
    title: 'Largest rotation',
    minimum: 0,
    maximum: 180,
    description: 'Largest rotation to either side.',
    'x-unit': 'degrees',
    examples: [15],
  }),
  translate: pair(
    { minimum: 0, maximum: 1 },
    {
      title: 'Largest translation',
      description: 'Largest translation to the side, and up or down, as a share of the image’s side.',
      'x-unit': 'share',
      examples: [[0.1, 0.1]],
    },
  ),
  scale: pair(
    { minimum: 0.1, maximum: 10 },
    { title: 'Scale', description: 'Minimum and maximum factor on the size.', examples: [[0.8, 1.2]] },
  ),
  shear: pair(
    { minimum: 0, maximum: 80 },
    {
      title: 'Largest shear',
      description: 'Largest shear along the rows, and along the columns.',
      'x-unit': 'degrees',
      examples: [[10, 0]],
    },
  ),
};
const AFFINE_DEFAULTS = { degrees: 0, translate: [0, 0], scale: [1, 1], shear: [0, 0] };
export const AffineSpec = Type.Object(affineFields, closed);
export type AffineSpec = Static<typeof AffineSpec>;

const colorStrength = (title: string, what: string) =>
  Type.Number({
    title,
    minimum: 0,
    maximum: 10,
    description: `${what} by a factor between 1 − x and 1 + x, at least 0.`,
    examples: [0.4],
  });
const colorJitterFields = {
  brightness: colorStrength('Brightness', 'Changes the brightness'),
  contrast: colorStrength('Contrast', 'Changes the contrast'),
  saturation: colorStrength('Saturation', 'Changes the saturation of colour images'),
  hue: Type.Number({
    title: 'Hue',
    minimum: 0,
    maximum: 0.5,
    description: 'Shifts the hue of colour images by up to this share of the colour circle, to either side.',
    'x-unit': 'turns',
    examples: [0.1],
  }),
};
const COLOR_JITTER_DEFAULTS = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
export const ColorJitterSpec = Type.Object(colorJitterFields, closed);
export type ColorJitterSpec = Static<typeof ColorJitterSpec>;

const VERTICAL_FLIP = Type.Boolean({
  title: 'Random vertical mirror',
  description: 'Mirrors half of the images top to bottom.',
  examples: [true],
});
const CUTMIX = Type.Number({
  title: 'CutMix',
  minimum: 0,
  maximum: 10,
  description:
    'Alpha of Beta(alpha, alpha), from which each step draws the size of a box that pairs of images exchange (Yun et al. 2019, arXiv:1905.04899). With a `mixup` above 0, half of the steps do one and half the other. 0: no CutMix.',
  examples: [1],
});

const RESIZED_CROP = {
  title: 'Random resized crop',
  description:
    'Cuts a random part out of each image and resizes it to the network’s input, as torchvision’s RandomResizedCrop with antialiasing (Szegedy et al. 2014, arXiv:1409.4842). Excludes `crop`. null: none.',
};
const AFFINE = {
  title: 'Random affine map',
  description:
    'Rotates, moves, scales and shears each image at random, bilinearly, black outside, as torchvision’s RandomAffine. null: none.',
};
const COLOR_JITTER = {
  title: 'Colour jitter',
  description:
    'Changes brightness, contrast, saturation and hue of each image at random, in a random order, as torchvision’s ColorJitter. null: none.',
};

const TRIVIAL_AUGMENT_WIDE = Type.Boolean({
  title: 'TrivialAugmentWide',
  description:
    'Changes each image by one of 14 operations at one of 31 strengths, all equally likely, as torchvision’s TrivialAugmentWide (Müller & Hutter 2021, arXiv:2103.10158). Excludes `randAugment`.',
  examples: [true],
});

const randAugmentFields = {
  operations: Type.Integer({
    title: 'Operations',
    minimum: 1,
    maximum: 6,
    description: 'Number of operations that each image goes through.',
    examples: [2],
  }),
  magnitude: Type.Integer({
    title: 'Magnitude',
    minimum: 0,
    maximum: 30,
    description: 'Strength of all operations.',
    examples: [9],
  }),
};
const RAND_AUGMENT_DEFAULTS = { operations: 2, magnitude: 9 };
export const RandAugmentSpec = Type.Object(randAugmentFields, closed);
export type RandAugmentSpec = Static<typeof RandAugmentSpec>;
const RAND_AUGMENT = {
  title: 'RandAugment',
  description:
    'Changes each image by several of 14 operations at one strength, as torchvision’s RandAugment (Cubuk et al. 2019, arXiv:1909.13719). Excludes `trivialAugmentWide`. null: none.',
};

/** Options that a spec has only if they are on. Specs from before these options look the same as specs that do not use them. */
const laterSpecs = {
  verticalFlip: Type.Optional(VERTICAL_FLIP),
  randomResizedCrop: Type.Optional({ ...ResizedCropSpec, ...RESIZED_CROP }),
  affine: Type.Optional({ ...AffineSpec, ...AFFINE }),
  colorJitter: Type.Optional({ ...ColorJitterSpec, ...COLOR_JITTER }),
  cutmix: Type.Optional(CUTMIX),
  trivialAugmentWide: Type.Optional(TRIVIAL_AUGMENT_WIDE),
  randAugment: Type.Optional({ ...RandAugmentSpec, ...RAND_AUGMENT }),
};

/** Random changes to the training images. Each step draws them from the seed and its own number. */
export const AugmentationSpec = Type.Object({ ...augmentationFields, ...laterSpecs }, closed);
export type AugmentationSpec = Static<typeof AugmentationSpec>;

const orNull = <Fields extends TProperties>(
  kind: RequestKind,
  fields: Fields,
  defaults: Readonly<{ [Name in keyof Fields]?: unknown }>,
  { title, description }: Readonly<{ title: string; description: string }>,
) =>
  Type.Optional(
    Type.Union([Type.Object(optionalProperties(kind, fields, defaults), closed), Type.Null()], {
      ...{ title, description, examples: [{}] },
      ...(kind === 'Request' && { default: null }),
    }),
  );

/** Presets of augmentation. */
export const AugmentationPreset = StringEnum(['photos'], {
  title: 'Preset',
  description:
    '`photos`: the augmentation of torchvision’s reference training of ResNets: `randomResizedCrop`, `flip`, `trivialAugmentWide`, `erasing` 0.1, `mixup` 0.2 and `cutmix` 1. `labelSmoothing` is then 0.1 by default. Other fields of the augmentation replace those of the preset.',
});
export type AugmentationPreset = Static<typeof AugmentationPreset>;

/** Returns the augmentation of a request as an object, with or without the defaults. */
const augmentationObject = (kind: RequestKind) =>
  Type.Object(
    {
      name: Type.Optional(AugmentationPreset),
      ...optionalProperties(kind, augmentationFields, AUGMENTATION_DEFAULTS),
      ...optionalProperties(
        kind,
        { verticalFlip: VERTICAL_FLIP, cutmix: CUTMIX, trivialAugmentWide: TRIVIAL_AUGMENT_WIDE },
        { verticalFlip: false, cutmix: 0, trivialAugmentWide: false },
      ),
      randomResizedCrop: orNull(kind, resizedCropFields, RESIZED_CROP_DEFAULTS, RESIZED_CROP),
      affine: orNull(kind, affineFields, AFFINE_DEFAULTS, AFFINE),
      colorJitter: orNull(kind, colorJitterFields, COLOR_JITTER_DEFAULTS, COLOR_JITTER),
      randAugment: orNull(kind, randAugmentFields, RAND_AUGMENT_DEFAULTS, RAND_AUGMENT),
    },
    {
      ...closed,
      title: 'Augmentation',
      description: 'Random changes to the training images. Evaluation and predictions use the images unchanged.',
      examples: [{ crop: 2, flip: true }],
    },
  );
export type AugmentationRequest = Static<ReturnType<typeof augmentationObject>>;

const PRESETS: Readonly<Record<AugmentationPreset, AugmentationRequest>> = {
  photos: { randomResizedCrop: {}, flip: true, trivialAugmentWide: true, erasing: 0.1, mixup: 0.2, cutmix: 1 },
};
/** Label smoothing that belongs to a preset. */
const PRESET_SMOOTHING: Readonly<Record<AugmentationPreset, number>> = { photos: 0.1 };

/** Returns the default of the label smoothing that belongs to a preset. Undefined without a preset. */
export function presetSmoothing(choice: AugmentationRequest | AugmentationPreset = {}): number | undefined {
  const { name } = fromShortForm(choice);
  return name && PRESET_SMOOTHING[name];
}

/** Fills in the defaults of the augmentation: those of its preset, else none. Later options that are off are left out. */
export function resolveAugmentation(choice: AugmentationRequest | AugmentationPreset = {}): AugmentationSpec {
  const { name, ...own } = fromShortForm(choice) as AugmentationRequest;
  const request = { ...(name && PRESETS[name]), ...own };
  const { verticalFlip, randomResizedCrop, affine, colorJitter, cutmix, trivialAugmentWide, randAugment, ...others } =
    request;
  return {
    ...AUGMENTATION_DEFAULTS,
    ...others,
    ...(verticalFlip && { verticalFlip }),
    ...(randomResizedCrop && { randomResizedCrop: { ...RESIZED_CROP_DEFAULTS, ...randomResizedCrop } }),
    ...(affine && { affine: { ...AFFINE_DEFAULTS, ...affine } }),
    ...(colorJitter && { colorJitter: { ...COLOR_JITTER_DEFAULTS, ...colorJitter } }),
    ...(cutmix && { cutmix }),
    ...(trivialAugmentWide && { trivialAugmentWide }),
    ...(randAugment && { randAugment: { ...RAND_AUGMENT_DEFAULTS, ...randAugment } }),
  };
}

/** Options that are objects. */
const OBJECTS = ['randomResizedCrop', 'affine', 'colorJitter', 'randAugment'] as const;

/**
 * Overrides an augmentation. The fields of an object that both have are overridden one by one; null turns an object off. A preset,
 * with the fields over it, replaces all.
 */
export function overAugmentation(
  source: AugmentationSpec,
  over: AugmentationRequest | AugmentationPreset = {},
): AugmentationRequest | AugmentationPreset {
  if (typeof over === 'string' || over.name !== undefined) return over;
  const merged = OBJECTS.filter((name) => over[name] && source[name]).map((name) => [
    name,
    { ...source[name], ...over[name] },
  ]);
  return { ...source, ...over, ...Object.fromEntries(merged) };
}

/** Returns the augmentation of a request: an object, with or without the defaults, or the name of a preset. */
export const augmentationOf = (kind: RequestKind) =>
  Type.Union([augmentationObject(kind), AugmentationPreset], {
    title: 'Augmentation',
    description:
      'Random changes to the training images: an object, or the name of a preset: `"photos"` means `{"name": "photos"}`. Evaluation and predictions use the images unchanged.',
    examples: [{ crop: 2, flip: true }, 'photos'],
  });
