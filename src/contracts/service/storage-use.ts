/** Disk space of the service by kind, and its largest entries. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

const closed = { additionalProperties: false };
const Bytes = Type.Integer({ minimum: 0, description: 'Size of the files, in bytes.' });

export const StorageKind = StringEnum(['models', 'checkpoints', 'datasets', 'tensorboard', 'queue'], {
  description:
    '`models`: `DELETE /models/{name}` and `…/{version}` free their space. `checkpoints`: of jobs, `DELETE /storage/checkpoints/{id}`. `datasets`: imported ones, `DELETE /datasets/{name}`. `tensorboard`: event files of jobs, `DELETE /storage/tensorboard/{id}`. `queue`: the embedded Redis with jobs and frames.',
});
export type StorageKind = Static<typeof StorageKind>;

export const StorageEntry = Type.Object(
  {
    name: Type.String({ description: 'Name of the model or data set, or id of the job.' }),
    bytes: Bytes,
    changedAt: Type.String({ format: 'date-time', description: 'Time of the latest change of a file.' }),
  },
  closed,
);
export type StorageEntry = Static<typeof StorageEntry>;

export const StorageKindUse = Type.Object(
  {
    kind: StorageKind,
    bytes: Bytes,
    entries: Type.Integer({ minimum: 0, description: 'Number of models, data sets or jobs.' }),
    largest: Type.Array(StorageEntry, { description: 'The largest entries, at most 50, the largest first.' }),
  },
  closed,
);
export type StorageKindUse = Static<typeof StorageKindUse>;

export const StorageUse = Type.Object(
  {
    freeBytes: Type.Integer({ minimum: 0, description: 'Space that the service may fill, in bytes.' }),
    totalBytes: Type.Integer({ minimum: 0, description: 'Size of the file system of DATA_DIR, in bytes.' }),
    kinds: Type.Array(StorageKindUse),
    measuredAt: Type.String({ format: 'date-time', description: 'Answers may be up to 10 seconds old.' }),
  },
  closed,
);
export type StorageUse = Static<typeof StorageUse>;
