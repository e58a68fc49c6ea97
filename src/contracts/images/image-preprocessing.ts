/** Conversion of image files to pixels of a given size: one contract for data sets, models and predictions. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

/** Maximum and minimum share of the resized image's shorter side that `resize-crop` keeps. */
const SMALLEST_CROP_SHARE = 0.1;
export const DEFAULT_CROP_SHARE = 0.875;

const colourValue = Type.Integer({ minimum: 0, maximum: 255 });
/** Red, green and blue. */
const colour = Type.Unsafe<[number, number, number]>(Type.Array(colourValue, { minItems: 3, maxItems: 3 }));

const fit = StringEnum(['contain', 'cover', 'stretch', 'resize-crop'], {
  description:
    '`contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do.',
});
const cropShare = Type.Number({
  minimum: SMALLEST_CROP_SHARE,
  maximum: 1,
  description: `Share of the resized image's shorter side that the crop keeps. Only for \`resize-crop\`, default ${DEFAULT_CROP_SHARE}: 224 of 256 pixels.`,
});
const decoding = StringEnum(['managed', 'plain'], {
  description:
    '`managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`.',
});
const interpolation = StringEnum(['fast', 'bilinear', 'bicubic'], {
  description:
    '`fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`.',
});
const antialias = Type.Boolean({
  description:
    'Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true.',
});

/** Preprocessing of a model or data set with every value. */
export const imagePreprocessingProperties = {
  fit,
  cropShare: {
    ...cropShare,
    description: 'Share of the shorter side that `resize-crop` keeps. 1 for any other `fit`.',
  },
  background: Type.Union([colourValue, colour], {
    description: 'Background around the image and behind transparent pixels: a grey level, or red, green and blue.',
  }),
  decoding,
  interpolation,
  antialias,
};
const shape = Type.Object(imagePreprocessingProperties);
export type ImagePreprocessing = Static<typeof shape>;

export const BACKGROUND_PATTERN = '^(black|white|#[0-9a-fA-F]{6})$';

/** Options of a request, without the background, whose description differs between requests. */
export const imageOptions = { fit, cropShare, decoding, interpolation, antialias };

/** What a request or a stored data set says about the preprocessing. */
export type ImageOptions = Readonly<
  { [Name in Exclude<keyof ImagePreprocessing, 'background'>]?: ImagePreprocessing[Name] | undefined } & {
    /** `black`, `white` or `#rrggbb`. Default black. */
    background?: string | undefined;
  }
>;

/** Preprocessing of data sets and models from before these options, and the default of new ones. */
export const DEFAULT_IMAGE_PREPROCESSING = {
  fit: 'contain',
  cropShare: 1,
  background: 0,
  decoding: 'managed',
  interpolation: 'fast',
  antialias: true,
} as const satisfies ImagePreprocessing;

/** Fills in the defaults. */
export function resolveImagePreprocessing(options: ImageOptions = {}): ImagePreprocessing {
  const { fit = 'contain', decoding = 'managed', antialias = true } = options;
  return {
    fit,
    cropShare: fit === 'resize-crop' ? (options.cropShare ?? DEFAULT_CROP_SHARE) : 1,
    background: colourOf(options.background),
    decoding,
    interpolation: options.interpolation ?? (allowsFast({ fit, decoding, antialias }) ? 'fast' : 'bilinear'),
    antialias,
  };
}

const allowsFast = ({
  fit,
  decoding,
  antialias,
}: Pick<ImagePreprocessing, 'fit' | 'decoding' | 'antialias'>): boolean =>
  fit === 'contain' && decoding === 'managed' && antialias;

/** Returns the options that contradict each other, with JSON pointers. Empty if there are none. */
export function checkImageOptions(options: ImageOptions): { pointer: string; message: string }[] {
  const resolved = resolveImagePreprocessing(options);
  const faults: { pointer: string; message: string }[] = [];
  if (options.cropShare !== undefined && resolved.fit !== 'resize-crop')
    faults.push({
      pointer: '/cropShare',
      message: `is only for the fit resize-crop, not for ${resolved.fit}: remove it, or set fit to resize-crop`,
    });
  if (resolved.interpolation === 'fast' && !allowsFast(resolved))
    faults.push({
      pointer: '/interpolation',
      message:
        'must be bilinear or bicubic here: fast is only for the fit contain with the decoding managed and antialiasing',
    });
  return faults;
}

const COLOURS: Readonly<Record<string, string>> = { black: '#000000', white: '#ffffff' };
const hexOf = (background: string): string => COLOURS[background] ?? background.toLowerCase();

/** Returns the options that differ from their defaults, as data sets store them. Colours become `#rrggbb` in lower case. */
export function storedImageOptions(options: ImageOptions) {
  const { background, ...rest } = options;
  const { fit, cropShare, decoding, interpolation, antialias } = resolveImagePreprocessing(options);
  const usual = resolveImagePreprocessing({ ...rest, interpolation: undefined });
  return {
    ...(hexOf(background ?? 'black') !== COLOURS['black'] && { background: hexOf(background ?? 'black') }),
    ...(fit !== 'contain' && { fit }),
    ...(fit === 'resize-crop' && { cropShare }),
    ...(decoding !== 'managed' && { decoding }),
    ...(interpolation !== usual.interpolation && { interpolation }),
    ...(!antialias && { antialias }),
  };
}

/** Returns a colour as a grey level, or as red, green and blue, each 0–255. */
function colourOf(background = 'black'): ImagePreprocessing['background'] {
  const hex = hexOf(background);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return red === green && green === blue ? red : [red, green, blue];
}

/** Tolerance for crop shares such as 224 / 232, whose quotient may be a little below the whole number. */
const ROUNDING = 1e-6;

/** Returns the side of which `resize-crop` and `cover` cut out `side` pixels, rounded down as timm does. */
export const resizedSide = (side: number, cropShare: number): number => Math.floor(side / cropShare + ROUNDING);

/** Tells whether images of a data set that was imported with these options were cropped. Default: no options. */
export const wasCropped = (imported?: ImageOptions): boolean => resolveImagePreprocessing(imported).cropShare < 1;

/** Returns the preprocessing of images that were cropped before: it keeps all of each image. */
export const withoutCrop = <Images extends Pick<ImagePreprocessing, 'cropShare'>>(preprocessing: Images): Images => ({
  ...preprocessing,
  cropShare: 1,
});

/** Returns red, green and blue of a background, each 0–255. */
export const channelsOf = (background: ImagePreprocessing['background']): readonly [number, number, number] =>
  typeof background === 'number' ? [background, background, background] : background;

/** Returns a background as `#rrggbb`. */
export const hexColour = (background: ImagePreprocessing['background']): string =>
  `#${channelsOf(background)
    .map((value) => value.toString(16).padStart(2, '0'))
    .join('')}`;

/** Returns a background as `#rrggbb`, or as `black` or `white`. */
export function colourName(background: ImagePreprocessing['background']): string {
  const hex = hexColour(background);
  return Object.keys(COLOURS).find((name) => COLOURS[name] === hex) ?? hex;
}
