/** What the API answers about one version of a model beside its manifest: its labels, and its files as they lie there. */
import { type Static, Type } from 'typebox';
import { Failure } from '../jobs/outcome.js';
import { StringEnum } from '../json-schema/enums.js';
import { Label } from '../references/reference.js';
import { ModelManifest } from './model.js';

export const StoredFile = Type.Object(
  {
    path: Type.String({ description: "Relative to the model's folder." }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);
export type StoredFile = Static<typeof StoredFile>;

/** Whether a model can be asked at once. It is loaded when it is first asked, and unloaded for others. */
export const ModelState = Type.Object(
  {
    loaded: Type.Boolean({
      description: 'Whether a predictor process of the API process that answers has it in memory.',
    }),
    bytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Memory it needs there, as it is counted.' })),
    runtime: StringEnum(['onnxruntime', 'tensorflow'], {
      description: 'What computes its answers.',
    }),
    passed: Type.Boolean({
      description:
        'Whether it has passed the parity gate since the API process started, and not been refused after that.',
    }),
    refused: Type.Optional({ ...Failure, description: 'Why it did not pass when it was asked last.' }),
  },
  { additionalProperties: false },
);
export type ModelState = Static<typeof ModelState>;

/** What `GET /models/{name}/versions/{version}` answers. */
export const ModelVersion = Type.Object(
  {
    manifest: ModelManifest,
    labels: Type.Array(Label, { description: 'The labels this version has.' }),
    state: ModelState,
    files: Type.Array(StoredFile, { description: 'What the manifest names, with the sizes on the disk.' }),
  },
  { additionalProperties: false },
);
export type ModelVersion = Static<typeof ModelVersion>;
