/** What the API answers about one version of a model beside its manifest: its labels, and its files as they lie there. */
import { type Static, Type } from 'typebox';
import { ModelManifest } from './model.js';
import { Label } from './reference.js';

export const StoredFile = Type.Object(
  {
    path: Type.String({ description: "Relative to the model's folder." }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);
export type StoredFile = Static<typeof StoredFile>;

/** What `GET /models/{name}/versions/{version}` answers. */
export const ModelVersion = Type.Object(
  {
    manifest: ModelManifest,
    labels: Type.Array(Label, { description: 'The labels this version has.' }),
    files: Type.Array(StoredFile, { description: 'What the manifest names, with the sizes on the disk.' }),
  },
  { additionalProperties: false },
);
export type ModelVersion = Static<typeof ModelVersion>;
