/** Named schemas of openapi.yaml: contracts that move to `components` and are referenced from there. */
import type { TSchema } from 'typebox';
import { ApiKey, ApiKeyList, ApiKeyRequest, NewApiKey } from '../../contracts/access/api-key.js';
import { AuditEntry, AuditPage } from '../../contracts/access/audit-entry.js';
import { Caller, Session, StreamTicket } from '../../contracts/access/browser-session.js';
import { DatasetInfo, DatasetPage, DatasetSource, LeftOutPage } from '../../contracts/datasets/dataset.js';
import * as content from '../../contracts/datasets/dataset-content.js';
import { ImportList, ImportStatus } from '../../contracts/datasets/dataset-import-status.js';
import { BlankPage, DatasetReport } from '../../contracts/datasets/dataset-report.js';
import { StreamFrame } from '../../contracts/jobs/frame.js';
import { FramePage } from '../../contracts/jobs/frame-queries.js';
import * as job from '../../contracts/jobs/job.js';
import { JobMove } from '../../contracts/jobs/job-move.js';
import { Metadata } from '../../contracts/jobs/job-texts.js';
import * as change from '../../contracts/jobs/live-change.js';
import * as outcome from '../../contracts/jobs/outcome.js';
import { StartRequest, StartSpec } from '../../contracts/jobs/starting-point.js';
import { CancelMode, EndReason } from '../../contracts/jobs/stop-reason.js';
import { JobNotice, StreamCursor } from '../../contracts/jobs/stream-message.js';
import { TimeEstimate } from '../../contracts/jobs/time-estimate.js';
import { TrainerLog } from '../../contracts/jobs/trainer-log.js';
import * as webhook from '../../contracts/jobs/webhook.js';
import * as datasetEvaluation from '../../contracts/models/dataset-evaluation.js';
import * as evaluation from '../../contracts/models/evaluation.js';
import * as label from '../../contracts/models/label.js';
import * as model from '../../contracts/models/model.js';
import { ModelImport } from '../../contracts/models/model-import.js';
import { ModelState, ModelVersion, StoredFile } from '../../contracts/models/stored-model.js';
import * as test from '../../contracts/models/test-image.js';
import { TrainingMemory } from '../../contracts/networks/memory-estimate.js';
import * as network from '../../contracts/networks/network.js';
import * as predict from '../../contracts/prediction/prediction-messages.js';
import * as protocol from '../../contracts/protocols/open-inference-messages.js';
import * as serving from '../../contracts/protocols/tensorflow-serving-messages.js';
import { ModelReference } from '../../contracts/references/model-reference.js';
import * as reference from '../../contracts/references/reference.js';
import { CheckResult, Liveness, Readiness } from '../../contracts/service/health-status.js';
import { WorkerInfo } from '../../contracts/service/live-worker.js';
import { Problem } from '../../contracts/service/problem.js';
import { ServiceIndex } from '../../contracts/service/service-index.js';
import { Setting } from '../../contracts/service/setting.js';
import { StorageEntry, StorageKindUse, StorageUse } from '../../contracts/service/storage-use.js';
import { JobFromRequest, JobSubmission } from '../../contracts/submission/job-from.js';
import * as plan from '../../contracts/submission/job-plan.js';
import * as queries from '../../contracts/submission/job-queries.js';
import * as augmentation from '../../contracts/training/augmentation.js';
import * as options from '../../contracts/training/training-options.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A union of objects with a title each. The constant in `field` tells a client which of them a value is. */
type TaggedUnion = Readonly<{ schema: TSchema; field: 'network' | 'name' | 'type'; description: string }>;

const UNIONS: Readonly<Record<string, TaggedUnion>> = {
  JobRequest: {
    schema: job.JobRequest,
    field: 'network',
    description: 'A job for a new network. Only `network` is required.',
  },
  ModelImport: {
    schema: ModelImport,
    field: 'network',
    description: 'The network of the imported weights, and its input.',
  },
  OptimizerSpec: {
    schema: options.OptimizerSpec,
    field: 'name',
    description: 'The optimizer with every option filled in.',
  },
  OptimizerRequest: {
    schema: options.OptimizerRequest,
    field: 'name',
    description: 'The optimizer. Without `name`: Adam.',
  },
  OptimizerOverride: {
    schema: options.OptimizerOverride,
    field: 'name',
    description: 'Options that differ from the starting point. Without `name`: its optimizer.',
  },
  ScheduleSpec: {
    schema: options.ScheduleSpec,
    field: 'name',
    description: 'The learning rate schedule with every option filled in.',
  },
  ScheduleRequest: { schema: options.ScheduleRequest, field: 'name', description: 'The learning rate schedule.' },
  ScheduleOverride: {
    schema: options.ScheduleOverride,
    field: 'name',
    description: 'Options that differ from the starting point.',
  },
  Frame: {
    schema: StreamFrame,
    field: 'type',
    description:
      'One message of the stream: a JSON text message of the WebSocket, the data of a server-sent event, or an item of the history.',
  },
};

const SUBMISSION: Json = {
  description: 'A job for a new network, or a job that starts from a checkpoint or a model.',
  anyOf: ['JobRequest', 'JobFromRequest'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
};

/** Contracts with a name in openapi.yaml. Every schema that equals one of them becomes a reference to it. */
const NAMED: Readonly<Record<string, TSchema>> = {
  ApiKey,
  ApiKeyRequest,
  NewApiKey,
  ApiKeyList,
  Session,
  Caller,
  StreamTicket,
  AuditEntry,
  AuditPage,
  Job: job.Job,
  JobPlan: plan.JobPlan,
  TimeEstimate,
  LearningRatePoint: plan.LearningRatePoint,
  WorkerFit: plan.WorkerFit,
  JobChange: change.JobChange,
  JobMove,
  RecordedChange: change.RecordedChange,
  AppliedChange: change.AppliedChange,
  EndReason,
  CancelMode,
  EarlyStoppingSpec: options.EarlyStoppingSpec,
  Metadata,
  JobPage: queries.JobPage,
  JobSpec: job.JobSpec,
  JobStatus: job.JobStatus,
  DatasetSpec: job.DatasetSpec,
  AugmentationSpec: augmentation.AugmentationSpec,
  NormalizationSpec: options.NormalizationSpec,
  Progress: outcome.Progress,
  EpochScores: outcome.EpochScores,
  Failure: outcome.Failure,
  ModelReference,
  ModelManifest: model.ModelManifest,
  ModelSummary: model.ModelSummary,
  ModelPage: model.ModelPage,
  ModelVersion,
  StoredFile,
  ModelState,
  LabelRequest: label.LabelRequest,
  LabelState: label.LabelState,
  LabelPlan: label.LabelPlan,
  LabelChange: label.LabelChange,
  LabelGate: label.LabelGate,
  CheckpointSource: reference.CheckpointSource,
  Evaluation: evaluation.Evaluation,
  ClassScores: evaluation.ClassScores,
  Calibration: evaluation.Calibration,
  ConfusedExample: evaluation.ConfusedExample,
  ReliabilityBin: evaluation.ReliabilityBin,
  TestPrediction: test.TestPrediction,
  TestPredictionPage: test.TestPredictionPage,
  TestPictures: test.TestPictures,
  ComparedPrediction: test.ComparedPrediction,
  EvaluationComparison: test.EvaluationComparison,
  DatasetEvaluationRequest: datasetEvaluation.DatasetEvaluationRequest,
  DatasetEvaluation: datasetEvaluation.DatasetEvaluation,
  DatasetEvaluationDetails: datasetEvaluation.DatasetEvaluationDetails,
  DatasetComparison: datasetEvaluation.DatasetComparison,
  EvaluationScores: datasetEvaluation.EvaluationScores,
  EvaluationResult: datasetEvaluation.EvaluationResult,
  DatasetEvaluationPage: datasetEvaluation.DatasetEvaluationPage,
  EvaluatedImagePage: datasetEvaluation.EvaluatedImagePage,
  Preprocessing: model.Preprocessing,
  ...networkOptions(),
  NetworkVariant: network.NetworkVariant,
  NetworkInfo: network.NetworkInfo,
  NetworkLayer: network.NetworkLayer,
  NetworkSummary: network.NetworkSummary,
  DatasetInfo,
  DatasetPage,
  DatasetSource,
  DatasetDetails: content.DatasetDetails,
  DatasetImagePage: content.DatasetImagePage,
  DuplicateGroup: content.DuplicateGroup,
  DuplicatePage: content.DuplicatePage,
  LeftOutPage,
  DatasetReport,
  BlankImagePage: BlankPage,
  ImportStatus,
  ImportList,
  TrainingMemory,
  WebhookRequest: webhook.WebhookRequest,
  WebhookMessage: webhook.WebhookMessage,
  Webhook: webhook.Webhook,
  WebhookDelivery: webhook.WebhookDelivery,
  DeliveryPage: webhook.DeliveryPage,
  WorkerInfo,
  PredictRequest: predict.PredictRequest,
  Prediction: predict.Prediction,
  ActivationMap: predict.ActivationMap,
  PredictResponse: predict.PredictResponse,
  InferenceRequest: protocol.InferenceRequest,
  InferenceResponse: protocol.InferenceResponse,
  ServerMetadata: protocol.ServerMetadata,
  ModelMetadata: protocol.ModelMetadata,
  ModelConfig: protocol.ModelConfig,
  RepositoryIndex: protocol.RepositoryIndex,
  Statistics: protocol.Statistics,
  ProtocolError: protocol.ProtocolError,
  ServingPredictRequest: serving.ServingPredictRequest,
  ServingPredictResponse: serving.ServingPredictResponse,
  ServingClassifyRequest: serving.ServingClassifyRequest,
  ServingClassifyResponse: serving.ServingClassifyResponse,
  ServingStatus: serving.ServingStatus,
  ServingMetadata: serving.ServingMetadata,
  ...Object.assign({}, ...Object.values(UNIONS).map(({ schema }) => branchesByTitle(schema))),
  JobFromRequest,
  StartRequest,
  StartSpec,
  FramePage,
  StreamCursor,
  JobNotice,
  TrainerLog,
  Problem,
  Liveness,
  CheckResult,
  Readiness,
  ServiceIndex,
  Setting,
  StorageEntry,
  StorageKindUse,
  StorageUse,
};

/** Returns the options of each network by name: ResnetOptions, DensenetOptions. */
function networkOptions(): Record<string, TSchema> {
  const nameOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Options`;
  return Object.fromEntries(network.NETWORK_NAMES.map((name) => [nameOf(name), network.optionsSchemaOf(name)]));
}

type Branch = Readonly<{
  title: string;
  required?: readonly string[];
  properties: Readonly<Record<string, { const?: string }>>;
}>;

function branchesOf(union: TSchema): readonly Branch[] {
  return (union as unknown as { anyOf: readonly Branch[] }).anyOf;
}

function branchesByTitle(union: TSchema): Record<string, TSchema> {
  return Object.fromEntries(branchesOf(union).map((schema) => [schema.title, schema as TSchema]));
}

/**
 * Returns a tagged union with the `discriminator` by which clients choose the branch: as `oneOf`, or as `anyOf` if a value may
 * omit the tag.
 */
function discriminated({ schema, field, description }: TaggedUnion): Json {
  const branches = branchesOf(schema);
  const references = branches.map(({ title }) => ({ $ref: `#/components/schemas/${title}` }));
  const mapping = branches.map(({ title, properties }) => [
    properties[field]?.const ?? '',
    `#/components/schemas/${title}`,
  ]);
  return {
    description,
    [branches.every(({ required = [] }) => required.includes(field)) ? 'oneOf' : 'anyOf']: references,
    discriminator: { propertyName: field, mapping: Object.fromEntries(mapping) },
  };
}

/** Keywords that do not change which values a schema accepts. Every place that uses a named schema may have its own. */
const ANNOTATIONS = ['title', 'description', 'examples', 'default'];

/** Returns a text that is equal for schemas that differ only in their own annotations, or in descriptions within. */
function fingerprint(schema: object): string {
  const constraints = Object.entries(schema).filter(([key]) => !ANNOTATIONS.includes(key));
  return JSON.stringify(constraints, (key, value) => (key === 'description' ? undefined : value));
}

const names: ReadonlyMap<string, string> = new Map([
  ...Object.entries(NAMED).map(([name, schema]) => [fingerprint(schema), name] as const),
  ...Object.entries(UNIONS).map(([name, { schema }]) => [fingerprint(schema), name] as const),
  [fingerprint(JobSubmission), 'JobSubmission'],
  [fingerprint(job.SubmittedRequest), 'JobSubmission'],
]);

/** Returns a reference with the annotations of its place. Descriptions are kept only of properties: answers repeat theirs. */
function referenceTo(name: string, schema: { [key: string]: Json }, isProperty: boolean): Json {
  const own = (NAMED[name] ?? {}) as Readonly<Record<string, unknown>>;
  const kept = Object.entries(schema).filter(
    ([key, value]) =>
      ANNOTATIONS.includes(key) &&
      (isProperty || key === 'default') &&
      JSON.stringify(value) !== JSON.stringify(own[key]),
  );
  return { $ref: `#/components/schemas/${name}`, ...Object.fromEntries(kept) };
}

/** Replaces every named schema by a reference, outer schemas first. `self` is the component whose own schema stays. */
export function withReferences(document: Json, self?: string, isProperty = false): Json {
  if (typeof document !== 'object' || document === null) return document;
  if (Array.isArray(document)) return document.map((item) => withReferences(item));
  const name = names.get(fingerprint(document));
  if (name !== undefined && name !== self) return referenceTo(name, document, isProperty);
  const entries = Object.entries(document).map(([key, value]) => [
    key,
    key === 'properties' ? withReferencesInProperties(value) : withReferences(value),
  ]);
  return Object.fromEntries(entries);
}

/** Replaces the named schemas among the properties of an object. */
function withReferencesInProperties(properties: Json | undefined): Json {
  const entries = Object.entries(properties ?? {}).map(([name, schema]) => [
    name,
    withReferences(schema, undefined, true),
  ]);
  return Object.fromEntries(entries);
}

/** Returns all named schemas, with references among them. */
export function componentSchemas(): { [name: string]: Json } {
  const plain = Object.entries(NAMED).map(([name, schema]) => [
    name,
    withReferences(JSON.parse(JSON.stringify(schema)) as Json, name),
  ]);
  const tagged = Object.entries(UNIONS).map(([name, union]) => [name, discriminated(union)]);
  return { ...Object.fromEntries(plain), JobSubmission: SUBMISSION, ...Object.fromEntries(tagged) };
}
