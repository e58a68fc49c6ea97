/** Names for the contract's types, as the methods of the client take and return them. */
import type { components, operations } from './schema.js';

export type { ErrorCode } from './schema.js';

type Schemas = components['schemas'];

/** Accepts constants (`as const`), whose arrays are read-only. */
type ReadOnly<Value> = Value extends object ? { readonly [Name in keyof Value]: ReadOnly<Value[Name]> } : Value;

export type Job = Schemas['Job'];
export type JobPlan = Schemas['JobPlan'];
export type JobStatus = Schemas['JobStatus'];
export type JobSubmission = ReadOnly<Schemas['JobSubmission']>;
export type JobChange = ReadOnly<Schemas['JobChange']>;
export type JobMove = ReadOnly<Schemas['JobMove']>;
export type JobPage = Schemas['JobPage'];
export type JobSort = NonNullable<Query<'listJobs'>['sort']>;
export type Frame = Schemas['Frame'];
/** Says that everything before it has been received. Continue from it with `since`. */
export type StreamCursor = Schemas['StreamCursor'];
/** A job was edited or deleted. */
export type JobNotice = Schemas['JobNotice'];
export type FramePage = Schemas['FramePage'];
export type TrainerLog = Schemas['TrainerLog'];
export type ModelSummary = Schemas['ModelSummary'];
export type ModelVersion = Schemas['ModelVersion'];
export type ModelPage = Schemas['ModelPage'];
export type ModelImport = ReadOnly<Schemas['ModelImport']>;
export type LabelState = Schemas['LabelState'];
export type LabelGate = Schemas['LabelGate'];
export type LabelPlan = Schemas['LabelPlan'];
export type LabelRequest = ReadOnly<Schemas['LabelRequest']>;
export type ClassScores = Schemas['ClassScores'];
export type Evaluation = Schemas['Evaluation'];
export type DatasetEvaluationRequest = ReadOnly<Schemas['DatasetEvaluationRequest']>;
export type DatasetEvaluation = Schemas['DatasetEvaluation'];
export type DatasetEvaluationDetails = Schemas['DatasetEvaluationDetails'];
/** The list has one page: a version keeps a bounded number. */
export type DatasetEvaluationPage = Answer<'listDatasetEvaluations'> & { nextCursor?: never };
export type DatasetComparison = Schemas['DatasetComparison'];
export type EvaluatedImagePage = Answer<'listDatasetEvaluationImages'>;
export type EvaluationComparison = Schemas['EvaluationComparison'];
export type ComparedPrediction = Schemas['ComparedPrediction'];
export type TestPictures = Schemas['TestPictures'];
export type TestPrediction = Schemas['TestPrediction'];
export type TestPredictionPage = Schemas['TestPredictionPage'];
export type ActivationMap = Schemas['ActivationMap'];
export type Prediction = Schemas['Prediction'];
export type PredictResponse = Schemas['PredictResponse'];
export type DatasetInfo = Schemas['DatasetInfo'];
export type DatasetDetails = Schemas['DatasetDetails'];
export type DuplicateGroup = Schemas['DuplicateGroup'];
export type ImportStatus = Schemas['ImportStatus'];
export type NetworkInfo = Schemas['NetworkInfo'];
export type NetworkSummary = Schemas['NetworkSummary'];
export type WorkerInfo = Schemas['WorkerInfo'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookMessage = Schemas['WebhookMessage'];
export type ApiKey = Schemas['ApiKey'];
export type ApiKeyRequest = ReadOnly<Schemas['ApiKeyRequest']>;
/** A new key with its text, which only this answer has. */
export type NewApiKey = Schemas['NewApiKey'];
export type Session = Schemas['Session'];
/** Who sends a request. */
export type Caller = Schemas['Caller'];
export type Role = NonNullable<ApiKey['role']>;
export type Scope = ApiKey['scopes'][number];
export type StreamTicket = Schemas['StreamTicket'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditPage = Schemas['AuditPage'];
export type Readiness = Schemas['Readiness'];
export type ServiceIndex = Schemas['ServiceIndex'];
export type Setting = Schemas['Setting'];
export type StorageUse = Schemas['StorageUse'];
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
export type DatasetReport = Schemas['DatasetReport'];
export type Finding = DatasetReport['findings'][number];
export type BlankImagePage = Answer<'listBlankImages'>;
export type BlankImage = BlankImagePage['images'][number];
export type DatasetImagePage = Answer<'listDatasetImages'>;
export type DatasetImage = DatasetImagePage['images'][number];
export type SplitName = DatasetImagePage['split'];
export type DuplicatePage = Answer<'listDuplicates'>;
export type ImportList = Answer<'listImports'>;
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
