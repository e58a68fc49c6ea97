/** One version of a model in an answer: its manifest, labels, state and files. */
import { type Static, Type } from 'typebox';
import { Failure } from '../jobs/outcome.js';
import { StringEnum } from '../json-schema/enums.js';
import { Label } from '../references/reference.js';
import { ModelManifest } from './model.js';

export const StoredFile = Type.Object(
  {
    path: Type.String({ description: "Path relative to the model's folder." }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);
export type StoredFile = Static<typeof StoredFile>;

/** State of a model in the predictors. A model is loaded by its first prediction and unloaded to make room for others. */
export const ModelState = Type.Object(
  {
    loaded: Type.Boolean({
      description: 'Whether a predictor of the answering API process has the model in memory.',
    }),
    bytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Estimated memory of the loaded model.' })),
    runtime: StringEnum(['onnxruntime', 'tensorflow'], {
      description: 'Library that computes the predictions.',
    }),
    passed: Type.Boolean({
      description: 'Whether the model passed its latest parity check since the API process started.',
    }),
    refused: Type.Optional({ ...Failure, description: 'Why the latest parity check failed.' }),
  },
  { additionalProperties: false },
);
export type ModelState = Static<typeof ModelState>;

/** Answer of `GET /models/{name}/versions/{version}`. */
export const ModelVersion = Type.Object(
  {
    manifest: ModelManifest,
    labels: Type.Array(Label, { description: 'Labels of this version.' }),
    state: ModelState,
    files: Type.Array(StoredFile, { description: 'Files of the manifest, with their sizes on disk.' }),
  },
  { additionalProperties: false },
);
export type ModelVersion = Static<typeof ModelVersion>;
