/** Preprocessing of imported models: image options, normalization, and presets that other libraries use. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import {
  BACKGROUND_PATTERN,
  checkImageOptions,
  type ImageOptions,
  type ImagePreprocessing,
  imageOptions,
  resolveImagePreprocessing,
} from './image-preprocessing.js';

const perChannel = (description: string, range: Record<string, number>) =>
  Type.Array(Type.Number(range), { minItems: 1, maxItems: 3, description });

/** Normalization of an imported model. */
export const ImportNormalization = Type.Object(
  {
    mean: perChannel('Subtracted from the pixels (0 to 1), per channel.', { minimum: -255, maximum: 255 }),
    std: perChannel('Divides the result, per channel.', { exclusiveMinimum: 0, maximum: 255 }),
  },
  { additionalProperties: false, description: 'Normalization of the pixels. Default: none, pixels from 0 to 1.' },
);
export type ImportNormalization = Static<typeof ImportNormalization>;

/** Mean and standard deviation of ImageNet's training images, as torchvision, timm and Keras' `torch` mode have them. */
const IMAGENET: ImportNormalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

type Preset = ImageOptions & Readonly<{ normalization: ImportNormalization }>;

export const PRESETS = {
  /** `ImageClassification` of torchvision's weights: 256, then 224 of it. */
  torchvision: { fit: 'resize-crop', decoding: 'plain', interpolation: 'bilinear', normalization: IMAGENET },
  /** `create_transform` of timm with its default configuration. */
  timm: { fit: 'resize-crop', decoding: 'plain', interpolation: 'bicubic', normalization: IMAGENET },
  /** `image_dataset_from_directory` with `applications.densenet.preprocess_input`. */
  keras: { fit: 'stretch', decoding: 'plain', interpolation: 'bilinear', antialias: false, normalization: IMAGENET },
} as const satisfies Record<string, Preset>;
export type PresetName = keyof typeof PRESETS;

export const ImportPreprocessing = Type.Object(
  {
    preset: Type.Optional(
      StringEnum(Object.keys(PRESETS) as PresetName[], {
        description:
          'Values of the other fields that are absent. `torchvision`: `resize-crop` with 0.875, `bilinear`. `timm`: the same with `bicubic`. `keras`: `stretch`, `bilinear` without antialiasing. All are `plain` with ImageNet’s mean and standard deviation.',
      }),
    ),
    fit: Type.Optional(imageOptions.fit),
    cropShare: Type.Optional(imageOptions.cropShare),
    background: Type.Optional(
      Type.String({
        pattern: BACKGROUND_PATTERN,
        description: 'Behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb`. Default black.',
      }),
    ),
    decoding: Type.Optional(imageOptions.decoding),
    interpolation: Type.Optional(imageOptions.interpolation),
    antialias: Type.Optional(imageOptions.antialias),
    normalization: Type.Optional(ImportNormalization),
  },
  {
    additionalProperties: false,
    description: 'How predictions convert an image to the input of the network. Default: `contain` on black.',
    examples: [{ preset: 'torchvision' }, { preset: 'timm', cropShare: 0.95 }],
  },
);
export type ImportPreprocessing = Static<typeof ImportPreprocessing>;

/** Returns the options with those of the preset. */
function withPreset({ preset, ...own }: ImportPreprocessing): Omit<ImportPreprocessing, 'preset'> {
  return preset === undefined ? own : { ...PRESETS[preset], ...own };
}

/** Fills in the preset and the defaults. */
export function resolveImportPreprocessing(
  request: ImportPreprocessing = {},
): Readonly<{ images: ImagePreprocessing; normalization: ImportNormalization | undefined }> {
  const { normalization, ...options } = withPreset(request);
  return { images: resolveImagePreprocessing(options), normalization };
}

/** Returns the options that contradict each other, with JSON pointers. Empty if there are none. */
export const checkImportPreprocessing = (request: ImportPreprocessing = {}): ReturnType<typeof checkImageOptions> =>
  checkImageOptions(withPreset(request));
