/** A model's preprocessing in words and in Python, for people who run an export elsewhere. */
import { channelsOf, colourName, resizedSide } from '../contracts/images/image-preprocessing.js';
import type { Preprocessing } from '../contracts/models/model.js';

/** Key of the preprocessing, as JSON, in the metadata of ONNX files, of `model.json` and of weights files. */
export const PREPROCESSING_KEY = 'trainyard.preprocessing';

/** Returns the metadata of an export: the preprocessing of its manifest as JSON. */
export const preprocessingMetadata = (preprocessing: Preprocessing): Record<string, string> => ({
  [PREPROCESSING_KEY]: JSON.stringify(preprocessing),
});

/** Returns the steps from an image file to the bytes that the serving graph takes, as sentences. */
export function preprocessingSteps(preprocessing: Preprocessing): string[] {
  const { decoding, background, channels } = preprocessing;
  return [
    decoding === 'plain'
      ? 'Decode, turn upright by the EXIF orientation, and ignore colour profile and transparency.'
      : `Decode, turn upright by the EXIF orientation, convert the colour profile to sRGB, and put transparent pixels on ${colourName(background)}.`,
    `${fitStep(preprocessing)} ${methodOf(preprocessing)}.`,
    ...(channels === 1 ? ['Convert to grey by Rec. 601 luma.'] : []),
  ];
}

function fitStep({ fit, cropShare, height, width, background }: Preprocessing): string {
  const size = `${width} × ${height}`;
  switch (fit) {
    case 'contain':
      return `Scale to fit ${size} with the aspect ratio, and fill the rest with ${colourName(background)},`;
    case 'stretch':
      return `Scale to ${size} without keeping the aspect ratio,`;
    case 'cover':
      return `Scale to cover ${size} with the aspect ratio, and cut out the centre,`;
    case 'resize-crop':
      return `Scale to cover ${resizedSide(width, cropShare)} × ${resizedSide(height, cropShare)} with the aspect ratio, and cut ${size} out of the centre,`;
  }
}

function methodOf({ interpolation, antialias }: Preprocessing): string {
  if (interpolation === 'fast') return 'by libvips, close to antialiased bilinear';
  return antialias
    ? `${interpolation} and antialiased, as Pillow`
    : `${interpolation} without antialiasing, as PyTorch`;
}

/** Returns a Python function `pixels(path)` that returns the bytes which the serving graph takes, 1 × height × width × channels. */
export function preprocessingPython(preprocessing: Preprocessing): string {
  const { height, width, channels, decoding, background } = preprocessing;
  const colour = `(${channelsOf(background).join(', ')})`;
  const upright = 'ImageOps.exif_transpose(Image.open(path))';
  return [
    'import numpy',
    'from PIL import Image, ImageOps',
    ...(preprocessing.antialias ? [] : ['from torchvision.transforms.v2 import InterpolationMode, functional as F']),
    '',
    ...resizeFunction(preprocessing),
    '',
    'def pixels(path):',
    ...(decoding === 'plain'
      ? [`    image = ${upright}.convert('RGB')`]
      : [
          `    image = ${upright}.convert('RGBA')  # a colour profile is ignored here`,
          `    image = Image.alpha_composite(Image.new('RGBA', image.size, ${colour}), image).convert('RGB')`,
        ]),
    ...fitLines(preprocessing).map((line) => `    ${line}`),
    `    return numpy.asarray(image${channels === 1 ? ".convert('L')" : ''}).reshape(1, ${height}, ${width}, ${channels})`,
  ].join('\n');
}

function resizeFunction({ interpolation, antialias }: Preprocessing): string[] {
  const mode = interpolation === 'bicubic' ? 'BICUBIC' : 'BILINEAR';
  if (antialias)
    return ['def resize(image, width, height):', `    return image.resize((width, height), Image.Resampling.${mode})`];
  return [
    'def resize(image, width, height):',
    `    tensor = F.resize(F.pil_to_tensor(image), [height, width], InterpolationMode.${mode}, antialias=False)`,
    '    return F.to_pil_image(tensor)',
  ];
}

function fitLines({ fit, cropShare, height, width, background }: Preprocessing): string[] {
  if (fit === 'stretch') return [`image = resize(image, ${width}, ${height})`];
  if (fit === 'contain')
    return [
      `inner = ImageOps.contain(image, (${width}, ${height}), Image.Resampling.NEAREST).size`,
      `image = ImageOps.pad(resize(image, *inner), (${width}, ${height}), color=(${channelsOf(background).join(', ')}))`,
    ];
  const [w, h] = [resizedSide(width, cropShare), resizedSide(height, cropShare)];
  const scaled =
    w === h
      ? [
          'w, h = image.size',
          `image = resize(image, ${w}, int(${w} * h / w)) if w <= h else resize(image, int(${h} * w / h), ${h})`,
        ]
      : [
          `ratio = min(image.width / ${w}, image.height / ${h})`,
          'image = resize(image, round(image.width / ratio), round(image.height / ratio))',
        ];
  return [
    ...scaled,
    `left, top = round((image.width - ${width}) / 2), round((image.height - ${height}) / 2)`,
    `image = image.crop((left, top, left + ${width}, top + ${height}))`,
  ];
}
