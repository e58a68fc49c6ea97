/** Schemas of imports of data sets that run or have ended. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { Problem } from '../service/problem.js';

/** Seconds after which an import without a sign of life is forgotten: its process died. */
export const LOST_IMPORT_SECONDS = 30;
/** Seconds for which an ended import is kept. */
export const ENDED_IMPORT_SECONDS = 3_600;
/** Maximum number of imports that are kept. */
export const MAX_IMPORTS = 200;

export const IMPORT_STATES = ['uploading', 'waiting', 'reading', 'succeeded', 'failed', 'cancelled'] as const;
export const OPEN_IMPORT_STATES: readonly (typeof IMPORT_STATES)[number][] = ['uploading', 'waiting', 'reading'];

/** Images that an import has read. */
export const ImportProgress = Type.Object(
  {
    done: Type.Integer({ minimum: 0, description: 'Images read.' }),
    total: Type.Integer({
      minimum: 1,
      description: 'Images of the archive that belong to a split; at first all its files.',
    }),
    leftOut: Type.Integer({ minimum: 0, description: 'Files left out so far.' }),
  },
  { additionalProperties: false },
);
export type ImportProgress = Static<typeof ImportProgress>;

export const ImportStatus = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ description: 'Name of the data set.' }),
    state: StringEnum(IMPORT_STATES, {
      description:
        '`waiting`: the archive has arrived; another import may run first. `reading`: images are read. `succeeded`: the data set exists.',
    }),
    startedAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    bytes: Type.Integer({ minimum: 0, description: 'Bytes of the archive that have arrived.' }),
    totalBytes: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Bytes of the archive, if the client said so.' }),
    ),
    images: Type.Optional(ImportProgress),
    error: Type.Optional({
      ...Problem,
      description: 'Why the import ended without a data set. Present if `state` is `failed` or `cancelled`.',
    }),
  },
  { additionalProperties: false },
);
export type ImportStatus = Static<typeof ImportStatus>;

export const ImportList = Type.Object(
  {
    imports: Type.Array(ImportStatus, { description: `Newest first, at most ${MAX_IMPORTS}.` }),
    maxBytes: Type.Integer({ minimum: 1, description: 'Largest archive, in bytes: the setting MAX_DATASET_MB.' }),
  },
  { additionalProperties: false },
);
export type ImportList = Static<typeof ImportList>;

export const ImportParams = Type.Object({ id: Type.String({ format: 'uuid', description: 'Id of the import.' }) });
