/** Request and response of a prediction: images in, the most probable classes out. */
import { type Static, Type } from 'typebox';
import { DEFAULT_LABEL, PredictionSource, REFERENCE_FORMS, Reference } from '../references/reference.js';

/** Largest number of images in one request. */
export const MAX_IMAGES = 256;

/**
 * Largest size of a request's decoded images, in bytes (128 MiB). A limit on the body is not enough: a file of a hundred bytes can
 * decode to the full input size of the model. 256 images of 224×224×3 take 38 MB; the largest input of an imported model takes 12 MB.
 */
const MAX_PIXEL_BYTES = 2 ** 27;

type ImageSize = Readonly<{ height: number; width: number; channels: number }>;

/** Returns the largest number of images in one request for this input size. With `flip`, the mirrored image counts too. */
export const mostImages = ({ height, width, channels }: ImageSize, flip = false): number =>
  Math.min(MAX_IMAGES, Math.floor(MAX_PIXEL_BYTES / (height * width * channels * (flip ? 2 : 1))));

/** Largest number of images with a class activation map in one request. */
const MAX_EXPLAINED_IMAGES = 64;
/** Largest number of positions of all maps in one response. A map has at most as many as the network's input has pixels. */
const MAX_MAP_POSITIONS = 2 ** 20;

/** Returns the largest number of images to explain in one request for this side of the network's input. */
export const mostExplained = (resize: number): number =>
  Math.min(MAX_EXPLAINED_IMAGES, Math.floor(MAX_MAP_POSITIONS / resize ** 2));

/** Default number of classes per image in a response. */
export const DEFAULT_TOP_K = 3;

const topK = Type.Integer({
  minimum: 1,
  maximum: 1000,
  default: DEFAULT_TOP_K,
  description: 'Number of classes to return per image. Default 3.',
});
const flip = Type.Boolean({
  default: false,
  description:
    'Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false.',
});
const cropped = Type.Boolean({
  default: false,
  description:
    'Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false.',
});
const logits = Type.Boolean({
  default: false,
  description: 'Whether to return the logit of each class. Default false.',
});
const explain = Type.Boolean({
  default: false,
  description: `Whether to return where the network looks: a class activation map of each image (Zhou et al. 2016, arXiv:1512.04150). At most ${MAX_EXPLAINED_IMAGES} images, fewer if the network's input is larger than 128 × 128. Default false.`,
});
const explainClass = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: 'With `explain`: the class whose map is returned. Default: the most probable class of each image.',
});
const model = {
  ...Reference,
  description: `${REFERENCE_FORMS} Default: the version with the label \`${DEFAULT_LABEL}\`, if there is exactly one model name; otherwise \`model\` is required.`,
};

/** JSON body of a prediction. It must have exactly one of `images` and `instances`. */
export const PredictRequest = Type.Object(
  {
    model: Type.Optional(model),
    topK: Type.Optional(topK),
    flip: Type.Optional(flip),
    cropped: Type.Optional(cropped),
    logits: Type.Optional(logits),
    explain: Type.Optional(explain),
    explainClass: Type.Optional(explainClass),
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
        description: "Pixel values 0 to 255 in the model's input size, as height × width or height × width × channels.",
      }),
    ),
  },
  { additionalProperties: false },
);
export type PredictRequest = Static<typeof PredictRequest>;

/** Query parameters of a prediction whose body is an image or a multipart form. */
export const PredictQuery = Type.Object(
  {
    model: Type.Optional(model),
    topK: Type.Optional(topK),
    flip: Type.Optional(flip),
    cropped: Type.Optional(cropped),
    logits: Type.Optional(logits),
    explain: Type.Optional(explain),
    explainClass: Type.Optional(explainClass),
  },
  { additionalProperties: false },
);
export type PredictQuery = Static<typeof PredictQuery>;

const WITHOUT_EFFECT_ON_A_MAP = ['topK', 'logits', 'explain'] as const;
const mapClass = Type.Optional({
  ...explainClass,
  description: 'The class whose map is drawn. Default: the most probable class.',
});

/** JSON body of a request for a drawn map. It must have exactly one of `images` and `instances`, with one entry. */
export const MapRequest = Type.Object(
  { ...Type.Omit(PredictRequest, [...WITHOUT_EFFECT_ON_A_MAP]).properties, explainClass: mapClass },
  { additionalProperties: false },
);

/** Query parameters of a request for a drawn map. */
export const MapQuery = Type.Object(
  { ...Type.Omit(PredictQuery, [...WITHOUT_EFFECT_ON_A_MAP]).properties, explainClass: mapClass },
  { additionalProperties: false },
);

export const Prediction = Type.Object(
  {
    label: Type.String(),
    index: Type.Integer({ minimum: 0, description: "Index of the class in the model's list of classes, from 0." }),
    probability: Type.Number({ minimum: 0, maximum: 1 }),
    calibrated: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          "Probability calibrated with the model's temperature: an estimate of how often such a prediction is right. Absent if no temperature was fitted.",
      }),
    ),
    logit: Type.Optional(Type.Number({ description: 'Present if the request sets `logits`.' })),
  },
  { additionalProperties: false },
);
export type Prediction = Static<typeof Prediction>;

/** Class activation map of an image. */
export const ActivationMap = Type.Object(
  {
    label: Type.String({ description: 'Class that the map explains.' }),
    index: Type.Integer({ minimum: 0, description: "Index of the class in the model's list of classes, from 0." }),
    logit: Type.Number({ description: 'Logit of the class: the mean of `values` plus `bias`.' }),
    bias: Type.Number({ description: "Bias of the class in the network's last layer." }),
    height: Type.Integer({ minimum: 1, description: 'Rows of the map.' }),
    width: Type.Integer({ minimum: 1, description: 'Columns of the map.' }),
    values: Type.Array(Type.Number(), {
      description:
        'Contributions to the logit, row by row. Each belongs to a part of the image of the same relative place and size; positive ones speak for the class.',
    }),
  },
  { additionalProperties: false },
);
export type ActivationMap = Static<typeof ActivationMap>;

export const PredictResponse = Type.Object(
  {
    model: PredictionSource,
    predictions: Type.Array(Type.Array(Prediction), {
      description: 'Per image, the `topK` most probable classes, the most probable first.',
    }),
    maps: Type.Optional(
      Type.Array(ActivationMap, {
        description:
          'Class activation map of each image, in float32 and before calibration. With `flip`: the mean of this map and the mirrored map of the mirrored image. Present if the request sets `explain`.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type PredictResponse = Static<typeof PredictResponse>;
