/** The REST API of TensorFlow Serving, as clients of it send it. Its field names are its own. */
import { type Static, Type } from 'typebox';
import { MAX_IMAGES } from '../prediction/predict.js';

const signature = Type.Optional(
  Type.String({ maxLength: 200, description: '`serving_default`, which every model has, or nothing.' }),
);

/** Exactly one of `instances` (rows) and `inputs` (columns). */
export const ServingPredictRequest = Type.Object(
  {
    signature_name: signature,
    instances: Type.Optional(
      Type.Array(Type.Unknown(), {
        minItems: 1,
        maxItems: MAX_IMAGES,
        description:
          'Per image its pixels, 0 to 255, or `{"b64": …}`: an image file; either may stand in `{"images": …}`.',
      }),
    ),
    inputs: Type.Optional(Type.Unknown({ description: 'The list of all images, or `{"images": list}`.' })),
  },
  { additionalProperties: false },
);
export type ServingPredictRequest = Static<typeof ServingPredictRequest>;

const calibrated = 'With the temperature of the model, where one was fitted.';

const Output = Type.Object({
  probabilities: Type.Array(Type.Number()),
  logits: Type.Array(Type.Number()),
  calibrated: Type.Optional(Type.Array(Type.Number(), { description: calibrated })),
});

/** `predictions` for `instances`, `outputs` for `inputs`. */
export const ServingPredictResponse = Type.Object({
  predictions: Type.Optional(Type.Array(Output)),
  outputs: Type.Optional(
    Type.Object({
      probabilities: Type.Array(Type.Array(Type.Number())),
      logits: Type.Array(Type.Array(Type.Number())),
      calibrated: Type.Optional(Type.Array(Type.Array(Type.Number()), { description: calibrated })),
    }),
  ),
});
export type ServingPredictResponse = Static<typeof ServingPredictResponse>;

export const ServingClassifyRequest = Type.Object(
  {
    signature_name: signature,
    context: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })),
    examples: Type.Array(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' }), {
      minItems: 1,
      maxItems: MAX_IMAGES,
      description: 'Per image `{"images": pixels}` or `{"images": {"b64": …}}`; what `context` has is added to each.',
    }),
  },
  { additionalProperties: false },
);
export type ServingClassifyRequest = Static<typeof ServingClassifyRequest>;

export const ServingClassifyResponse = Type.Object({
  results: Type.Array(
    Type.Array(
      Type.Unsafe<[label: string, probability: number]>({
        type: 'array',
        items: { type: ['string', 'number'] },
        minItems: 2,
        maxItems: 2,
      }),
    ),
    { description: 'Per image all classes, the most probable first: `[label, probability]`.' },
  ),
});
export type ServingClassifyResponse = Static<typeof ServingClassifyResponse>;

export const ServingStatus = Type.Object({
  model_version_status: Type.Array(
    Type.Object({
      version: Type.String(),
      state: Type.String({
        description:
          '`AVAILABLE`: it answers, and is loaded when it is first asked. `END`: it was refused, and the status says why.',
      }),
      status: Type.Object({ error_code: Type.String(), error_message: Type.String() }),
    }),
  ),
});
export type ServingStatus = Static<typeof ServingStatus>;

const TensorInfo = Type.Object({
  dtype: Type.String(),
  tensor_shape: Type.Object({
    dim: Type.Array(Type.Object({ size: Type.String(), name: Type.String() })),
    unknown_rank: Type.Boolean(),
  }),
  name: Type.String(),
});
export type TensorInfo = Static<typeof TensorInfo>;

const tensors = Type.Unsafe<Readonly<Record<string, TensorInfo>>>({ type: 'object', additionalProperties: TensorInfo });

export const ServingMetadata = Type.Object({
  model_spec: Type.Object({ name: Type.String(), signature_name: Type.String(), version: Type.String() }),
  metadata: Type.Object({
    signature_def: Type.Object({
      signature_def: Type.Object({
        serving_default: Type.Object({
          inputs: tensors,
          outputs: tensors,
          method_name: Type.String(),
          defaults: Type.Object({}),
        }),
      }),
    }),
  }),
});
export type ServingMetadata = Static<typeof ServingMetadata>;
