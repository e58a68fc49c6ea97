/** Messages of TensorFlow Serving's REST API. That API defines the field names. */
import { type Static, Type } from 'typebox';
import { MAX_IMAGES } from '../prediction/prediction-messages.js';

const signature = Type.Optional(
  Type.String({
    maxLength: 200,
    description: 'Must be `serving_default`, the only signature of every model. Default: `serving_default`.',
  }),
);

/** Body of a prediction. It must have exactly one of `instances` (row format) and `inputs` (column format). */
export const ServingPredictRequest = Type.Object(
  {
    signature_name: signature,
    instances: Type.Optional(
      Type.Array(Type.Unknown(), {
        minItems: 1,
        maxItems: MAX_IMAGES,
        description:
          'One entry per image: its pixels, 0 to 255, or an image file as `{"b64": …}`. Either may be wrapped in `{"images": …}`.',
      }),
    ),
    inputs: Type.Optional(Type.Unknown({ description: 'List of all images, or `{"images": list}`.' })),
  },
  { additionalProperties: false },
);
export type ServingPredictRequest = Static<typeof ServingPredictRequest>;

const calibrated = "Probabilities calibrated with the model's temperature. Absent if no temperature was fitted.";

const Output = Type.Object({
  probabilities: Type.Array(Type.Number()),
  logits: Type.Array(Type.Number()),
  calibrated: Type.Optional(Type.Array(Type.Number(), { description: calibrated })),
});

/** Response to a prediction: `predictions` if the request has `instances`, `outputs` if it has `inputs`. */
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
      description:
        'One entry per image: `{"images": pixels}` or `{"images": {"b64": …}}`. The fields of `context` are added to each entry.',
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
    { description: 'Per image, `[label, probability]` of all classes, the most probable first.' },
  ),
});
export type ServingClassifyResponse = Static<typeof ServingClassifyResponse>;

export const ServingStatus = Type.Object({
  model_version_status: Type.Array(
    Type.Object({
      version: Type.String(),
      state: Type.String({
        description:
          '`AVAILABLE`: the model can predict; its first request loads it. `END`: the service refuses the model, and `status` says why.',
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
