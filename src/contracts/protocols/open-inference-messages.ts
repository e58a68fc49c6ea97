/** Messages of the Open Inference Protocol, version 2, over REST. The protocol defines the field names. */
import { type Static, Type } from 'typebox';

/** Header with the length in bytes of the JSON at the start of a body; binary tensors follow the JSON. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** Parameters of protocol extensions, for a request, an input or an output. */
const parameters = Type.Optional(
  Type.Unsafe<Readonly<Record<string, string | number | boolean>>>({
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description: 'Parameters of protocol extensions: `binary_data_size`, `binary_data` and `classification`.',
  }),
);

const name = Type.String({ minLength: 1, maxLength: 200 });

const RequestInput = Type.Object(
  {
    name: Type.String({ maxLength: 200, description: '`images`: the only input of every model.' }),
    shape: Type.Array(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), {
      maxItems: 16,
      description: '[images, height, width, channels]. For BYTES: [images].',
    }),
    datatype: Type.String({
      maxLength: 20,
      description: 'UINT8, or another integer type, FP32 or FP64 with integer values 0 to 255. BYTES for image files.',
    }),
    parameters,
    data: Type.Optional(
      Type.Array(Type.Unknown(), {
        description:
          'Numbers, flat or nested. For BYTES: base64 strings. Absent if the data follows the JSON in binary.',
      }),
    ),
  },
  { additionalProperties: false },
);

const RequestOutput = Type.Object({ name, parameters }, { additionalProperties: false });
export type RequestOutput = Static<typeof RequestOutput>;

export const InferenceRequest = Type.Object(
  {
    id: Type.Optional(Type.String({ maxLength: 1000, description: 'Returned in the response.' })),
    model_name: Type.Optional(Type.String({ maxLength: 200, description: 'Ignored: the path selects the model.' })),
    parameters,
    inputs: Type.Array(RequestInput, { minItems: 1, maxItems: 1, description: 'One tensor named `images`.' }),
    outputs: Type.Optional(
      Type.Array(RequestOutput, {
        maxItems: 10,
        description: '`probabilities`, `logits` or `calibrated`. Default: all outputs of the model.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type InferenceRequest = Static<typeof InferenceRequest>;

const ResponseOutput = Type.Object({
  name,
  shape: Type.Array(Type.Integer()),
  datatype: Type.String(),
  parameters,
  data: Type.Optional(Type.Array(Type.Unsafe<number | string>({ type: ['number', 'string'] }))),
});

export const InferenceResponse = Type.Object({
  model_name: Type.String(),
  model_version: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  outputs: Type.Array(ResponseOutput),
});
export type InferenceResponse = Static<typeof InferenceResponse>;

export const ServerHealth = Type.Object({ live: Type.Boolean(), ready: Type.Boolean() });

export const ServerMetadata = Type.Object({
  name: Type.String(),
  version: Type.String(),
  extensions: Type.Array(Type.String()),
});
export type ServerMetadata = Static<typeof ServerMetadata>;

const TensorMetadata = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer(), { description: '-1 stands for any number of images.' }),
});

export const ModelMetadata = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String()),
  platform: Type.String(),
  inputs: Type.Array(TensorMetadata),
  outputs: Type.Array(TensorMetadata),
});
export type ModelMetadata = Static<typeof ModelMetadata>;

const TensorConfig = {
  name: Type.String(),
  data_type: Type.String({ description: '`TYPE_UINT8` or `TYPE_FP32`.' }),
  dims: Type.Array(Type.Integer(), { description: 'Shape of one image, without the batch dimension.' }),
  is_shape_tensor: Type.Boolean(),
};

/** Model configuration in Triton's format, with the fields that Triton's clients read. */
export const ModelConfig = Type.Object({
  name: Type.String(),
  platform: Type.String(),
  backend: Type.String(),
  version_policy: Type.Object({ all: Type.Object({}) }),
  max_batch_size: Type.Integer({ description: 'Largest number of images in one request.' }),
  input: Type.Array(
    Type.Object({
      ...TensorConfig,
      format: Type.String(),
      allow_ragged_batch: Type.Boolean(),
      optional: Type.Boolean(),
    }),
  ),
  output: Type.Array(Type.Object({ ...TensorConfig, label_filename: Type.String() })),
  batch_input: Type.Array(Type.Object({})),
  batch_output: Type.Array(Type.Object({})),
  dynamic_batching: Type.Object({}),
  instance_group: Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), count: Type.Integer() })),
  default_model_filename: Type.String(),
  cc_model_filenames: Type.Object({}),
  metric_tags: Type.Object({}),
  parameters: Type.Object({}),
  model_warmup: Type.Array(Type.Object({})),
});
export type ModelConfig = Static<typeof ModelConfig>;

export const ModelReadiness = Type.Object({ name: Type.String(), ready: Type.Boolean() });

export const ModelNames = Type.Object({ models: Type.Array(Type.String()) });

export const IndexRequest = Type.Object({
  ready: Type.Optional(Type.Boolean({ description: 'Whether to list only models that can predict. Default false.' })),
});

export const RepositoryIndex = Type.Array(
  Type.Object({ name: Type.String(), version: Type.String(), state: Type.String(), reason: Type.String() }),
);
export type RepositoryIndex = Static<typeof RepositoryIndex>;

const duration = (description: string) =>
  Type.Object(
    { count: Type.Integer(), ns: Type.Integer() },
    { description: `${description} \`count\`: how many. \`ns\`: total time in nanoseconds.` },
  );

export const Statistics = Type.Object({
  model_stats: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      last_inference: Type.Integer({
        description: 'Time of the last answered batch, in milliseconds since 1970. 0 if there was none.',
      }),
      inference_count: Type.Integer({ description: 'Number of images.' }),
      execution_count: Type.Integer({ description: 'Number of batches.' }),
      inference_stats: Type.Object({
        success: duration('Answered requests.'),
        fail: duration('Failed requests.'),
        queue: duration('Requests in the queue.'),
        compute_infer: duration('Batches in a predictor process.'),
      }),
      batch_stats: Type.Array(
        Type.Object({ batch_size: Type.Integer(), compute_infer: duration('Batches of this size.') }),
      ),
    }),
  ),
});
export type Statistics = Static<typeof Statistics>;

/** Error response of this protocol and of TensorFlow Serving. */
export const ProtocolError = Type.Object({ error: Type.String({ description: 'What happened and what to do.' }) });
export type ProtocolError = Static<typeof ProtocolError>;
