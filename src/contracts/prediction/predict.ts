/** The predict contract: images in, the most probable classes out. */
import { type Static, Type } from 'typebox';
import { DEFAULT_LABEL, REFERENCE_FORMS, Reference, Source } from '../references/reference.js';

/** Most images of one request. */
export const MAX_IMAGES = 256;

/**
 * What the images of a request may become, in bytes: a file of a hundred bytes becomes as many pixels as the model takes. 256 images
 * of 224×224×3 are 38 MB; the largest image that an imported model may take is 12.
 */
const MAX_PIXEL_BYTES = 2 ** 27;

type ImageSize = Readonly<{ height: number; width: number; channels: number }>;

/** Returns how many images one request may have for a model that takes images of this size. A mirror takes as much as its image. */
export const mostImages = ({ height, width, channels }: ImageSize, flip = false): number =>
  Math.min(MAX_IMAGES, Math.floor(MAX_PIXEL_BYTES / (height * width * channels * (flip ? 2 : 1))));

/** Classes that are answered per image unless asked otherwise. */
export const DEFAULT_TOP_K = 3;

const topK = Type.Integer({
  minimum: 1,
  maximum: 1000,
  default: DEFAULT_TOP_K,
  description: 'How many classes to answer per image. Default 3.',
});
const flip = Type.Boolean({
  default: false,
  description:
    'Whether the model is asked about the mirror of each image too; the probabilities are then the mean of both, and cost twice the work. Default false.',
});
const logits = Type.Boolean({
  default: false,
  description: 'Whether each class is answered with its logit too. Default false.',
});
const model = {
  ...Reference,
  description: `${REFERENCE_FORMS} Default: the version with the label \`${DEFAULT_LABEL}\`, if there is exactly one model name; otherwise \`model\` is required.`,
};

/** A JSON body: exactly one of `images` and `instances`. */
export const PredictRequest = Type.Object(
  {
    model: Type.Optional(model),
    topK: Type.Optional(topK),
    flip: Type.Optional(flip),
    logits: Type.Optional(logits),
    images: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        maxItems: MAX_IMAGES,
        description: 'PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files in base64 (a `data:` URL prefix is allowed).',
      }),
    ),
    instances: Type.Optional(
      Type.Array(Type.Unknown(), {
        minItems: 1,
        maxItems: MAX_IMAGES,
        description: 'Pixel values 0 to 255, height × width or height × width × channels, of the size the model takes.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type PredictRequest = Static<typeof PredictRequest>;

/** Query of a raw image body or of a multipart form. */
export const PredictQuery = Type.Object(
  {
    model: Type.Optional(model),
    topK: Type.Optional(topK),
    flip: Type.Optional(flip),
    logits: Type.Optional(logits),
  },
  { additionalProperties: false },
);
export type PredictQuery = Static<typeof PredictQuery>;

export const Prediction = Type.Object(
  {
    label: Type.String(),
    index: Type.Integer({ minimum: 0, description: "The class's place in the model's list of classes." }),
    probability: Type.Number({ minimum: 0, maximum: 1 }),
    calibrated: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'The probability with the temperature of the model, where one was fitted: how often such an answer is right.',
      }),
    ),
    logit: Type.Optional(Type.Number({ description: 'Where `logits` is asked for.' })),
  },
  { additionalProperties: false },
);
export type Prediction = Static<typeof Prediction>;

export const PredictResponse = Type.Object(
  {
    model: Source,
    predictions: Type.Array(Type.Array(Prediction), {
      description: 'Per image, the topK classes, the most probable first.',
    }),
  },
  { additionalProperties: false },
);
export type PredictResponse = Static<typeof PredictResponse>;
