/** Names for the contract's types, as the methods of the client take and return them. */
import type { components, operations } from './schema.js';

export type { ErrorCode } from './schema.js';

type Schemas = components['schemas'];

export type Job = Schemas['Job'];
export type JobPlan = Schemas['JobPlan'];
export type JobStatus = Schemas['JobStatus'];
export type JobSubmission = Schemas['JobSubmission'];
export type JobChange = Schemas['JobChange'];
export type JobPage = Schemas['JobPage'];
export type Frame = Schemas['Frame'];
export type FramePage = Schemas['FramePage'];
export type ModelSummary = Schemas['ModelSummary'];
export type ModelVersion = Schemas['ModelVersion'];
export type ModelPage = Schemas['ModelPage'];
export type ModelImport = Schemas['ModelImport'];
export type LabelState = Schemas['LabelState'];
export type LabelRequest = Schemas['LabelRequest'];
export type Evaluation = Schemas['Evaluation'];
export type PredictResponse = Schemas['PredictResponse'];
export type DatasetInfo = Schemas['DatasetInfo'];
export type NetworkInfo = Schemas['NetworkInfo'];
export type NetworkSummary = Schemas['NetworkSummary'];
export type WorkerInfo = Schemas['WorkerInfo'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookMessage = Schemas['WebhookMessage'];
export type Readiness = Schemas['Readiness'];
export type Problem = Schemas['Problem'];

/** Accepts undefined for every optional field, so that callers can pass on options they may not have. */
type Optional<Fields> = { [Name in keyof Fields]?: Fields[Name] | undefined };

/** Query parameters of an operation of the contract. */
export type Query<Operation extends keyof operations> = Optional<
  NonNullable<operations[Operation]['parameters']['query']>
>;

/** JSON that an operation answers with status 200. */
export type Answer<Operation extends keyof operations> = operations[Operation]['responses'] extends {
  200: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;

export type ModelListItem = ModelPage['models'][number];
export type DatasetPage = Answer<'listDatasets'>;
export type LeftOutPage = Answer<'listLeftOut'>;
export type LeftOutFile = LeftOutPage['leftOut'][number];
export type DeliveryPage = Answer<'listDeliveries'>;
export type CancelMode = Schemas['CancelMode'];
export type ExportFormat = operations['exportModel']['parameters']['query']['format'];

/** Options of every call. */
export type CallOptions = Readonly<{
  /** Aborting it rejects the call at once, also while it waits or reads. */
  signal?: AbortSignal | undefined;
  /** Time limit of each attempt, in milliseconds. Default: that of the client. */
  timeoutMs?: number | undefined;
}>;
