/** The OpenAPI description, from the schemas of the routes: named where the contracts name them. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { TSchema } from 'typebox';
import { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { FramePage, StreamFrame } from '../../contracts/jobs/frame.js';
import * as job from '../../contracts/jobs/job.js';
import * as change from '../../contracts/jobs/live-change.js';
import * as outcome from '../../contracts/jobs/outcome.js';
import { StartRequest, StartSpec } from '../../contracts/jobs/starting-point.js';
import * as ending from '../../contracts/jobs/stop-reason.js';
import * as webhook from '../../contracts/jobs/webhook.js';
import * as evaluation from '../../contracts/models/evaluation.js';
import * as label from '../../contracts/models/label.js';
import * as model from '../../contracts/models/model.js';
import { ModelState, ModelVersion, StoredFile } from '../../contracts/models/stored-model.js';
import { TrainingMemory } from '../../contracts/networks/memory-estimate.js';
import * as network from '../../contracts/networks/network.js';
import * as predict from '../../contracts/prediction/predict.js';
import * as protocol from '../../contracts/protocols/open-inference.js';
import * as serving from '../../contracts/protocols/tensorflow-serving.js';
import { ModelReference } from '../../contracts/references/model-reference.js';
import * as reference from '../../contracts/references/reference.js';
import { CheckResult, Liveness, Readiness } from '../../contracts/service/health.js';
import { Problem } from '../../contracts/service/problem.js';
import { WorkerInfo } from '../../contracts/service/worker.js';
import { JobFromRequest, JobSubmission } from '../../contracts/submission/job-from.js';
import * as queries from '../../contracts/submission/job-queries.js';
import * as options from '../../contracts/training/training-options.js';
import { API_VERSION } from '../version.js';
import { PROBLEM_TYPE } from './problem-response.js';

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is not valid; `errors` points to the fields.',
  403: 'A page of another site may not do this.',
  404: 'There is no such thing.',
  409: 'The job is in no state for this, or something is in the way: a label, a job, a name that is taken.',
  410: 'What was asked for was deleted.',
  426: 'This is a WebSocket.',
  413: 'The body is too large.',
  415: 'The media type is not taken here.',
  416: 'The Range is outside of the file.',
  422: 'The Idempotency-Key belongs to another request (`idempotency_conflict`).',
  429: 'Too much waits already (`queue_full`, `too_many_requests`); Retry-After says when to try again.',
  500: 'Something is wrong inside, as a model that is corrupt; the log says more.',
  504: 'There was no answer in time (`deadline_exceeded`).',
  503: 'Something the service needs is not there for the moment; try again.',
};

/** An answer of a route that is a problem document. */
export const problem = (description: string) => ({ description, content: { [PROBLEM_TYPE]: { schema: Problem } } });

/** The answers of a route that are problem documents. */
export function problems(...statuses: number[]): Record<number, object> {
  return Object.fromEntries(statuses.map((status) => [status, problem(refusals[status] ?? 'A problem.')]));
}

/** The same for an inference protocol, which has a form of its own. */
export function protocolErrors(...statuses: number[]): Record<number, object> {
  const entries = statuses.map((status) => [
    status,
    {
      description: refusals[status] ?? 'An error.',
      content: { 'application/json': { schema: protocol.ProtocolError } },
    },
  ]);
  return Object.fromEntries(entries);
}

/** Contracts that have a name in the description. A schema that equals one of these becomes a reference to it. */
const named: Readonly<Record<string, TSchema>> = {
  Job: job.Job,
  JobPlan: queries.JobPlan,
  JobChange: change.JobChange,
  RecordedChange: change.RecordedChange,
  AppliedChange: change.AppliedChange,
  EndReason: ending.EndReason,
  CancelMode: ending.CancelMode,
  EarlyStoppingSpec: options.EarlyStoppingSpec,
  Metadata: job.Metadata,
  JobPage: queries.JobPage,
  JobSpec: job.JobSpec,
  JobStatus: job.JobStatus,
  DatasetSpec: job.DatasetSpec,
  AdamSpec: options.AdamSpec,
  AdamWSpec: options.AdamWSpec,
  SgdSpec: options.SgdSpec,
  ScheduleSpec: options.ScheduleSpec,
  AugmentationSpec: options.AugmentationSpec,
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
  LabelChange: label.LabelChange,
  Gate: label.Gate,
  CheckpointSource: reference.CheckpointSource,
  Evaluation: evaluation.Evaluation,
  ClassScores: evaluation.ClassScores,
  Calibration: evaluation.Calibration,
  ConfusedExample: evaluation.ConfusedExample,
  Preprocessing: model.Preprocessing,
  ...networkOptions(),
  NetworkVariant: network.NetworkVariant,
  NetworkInfo: network.NetworkInfo,
  NetworkLayer: network.NetworkLayer,
  NetworkSummary: network.NetworkSummary,
  DatasetInfo,
  TrainingMemory,
  WebhookRequest: webhook.WebhookRequest,
  WebhookMessage: webhook.WebhookMessage,
  Webhook: webhook.Webhook,
  WebhookDelivery: webhook.WebhookDelivery,
  WorkerInfo,
  PredictRequest: predict.PredictRequest,
  Prediction: predict.Prediction,
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
  ...titled(StreamFrame),
  ...titled(job.JobRequest),
  JobFromRequest,
  StartRequest,
  StartSpec,
  FramePage,
  Problem,
  Liveness,
  CheckResult,
  Readiness,
};

/** The options of each network by name: ResnetOptions, DensenetOptions. */
function networkOptions(): Record<string, TSchema> {
  const nameOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Options`;
  return Object.fromEntries(network.NETWORK_NAMES.map((name) => [nameOf(name), network.optionsSchemaOf(name)]));
}

type Branch = Readonly<{ title: string; properties: Readonly<Record<string, { const?: string }>> }>;

/** The branches of a union by their titles: StatusFrame, ChangeFrame, ResumeFrame, StepFrame, EpochFrame, EndFrame, GapFrame. */
function titled(union: TSchema): Record<string, TSchema> {
  return Object.fromEntries(branchesOf(union).map((schema) => [schema.title, schema as TSchema]));
}

function branchesOf(union: TSchema): readonly Branch[] {
  return (union as unknown as { anyOf: readonly Branch[] }).anyOf;
}

/** A union whose branches are told apart by a field, at which a client looks first. */
function discriminated(union: TSchema, propertyName: string, description: string): Json {
  const branches = branchesOf(union).map(({ title, properties }) => {
    return [properties[propertyName]?.const ?? '', `#/components/schemas/${title}`] as const;
  });
  return {
    description,
    oneOf: branches.map(([, $ref]) => ({ $ref })),
    discriminator: { propertyName, mapping: Object.fromEntries(branches) },
  };
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same schema has the same text; what a route adds to a schema of its own (a description) does not count. */
const fingerprint = (schema: unknown): string =>
  JSON.stringify(schema, (key, value) => (key === 'description' ? undefined : value));

/** A parameter with a default need not be there, though the code always finds it; nor a body that may be null. */
function withOptionalParts(document: Json): Json {
  if (typeof document !== 'object' || document === null) return document;
  if (Array.isArray(document)) return document.map(withOptionalParts);
  const { in: place, schema, ...rest } = document;
  if (place === undefined) {
    const parts = Object.entries(document).map(([key, value]) => [key, withOptionalParts(value)]);
    return { ...Object.fromEntries(parts), ...(mayBeNull(document['content']) && { required: false }) };
  }
  const hasDefault = typeof schema === 'object' && schema !== null && 'default' in schema;
  return { in: place, ...rest, ...(schema !== undefined && { schema }), ...(hasDefault && { required: false }) };
}

/** Whether the JSON of a body may be null. */
function mayBeNull(content: Json | undefined): boolean {
  const json = (content as { 'application/json'?: { schema?: { anyOf?: { type?: string }[] } } } | undefined)?.[
    'application/json'
  ];
  return json?.schema?.anyOf?.some(({ type }) => type === 'null') === true;
}

/** Replaces every schema that has a name by a reference, from the outside in. */
function withReferences(document: Json, names: ReadonlyMap<string, string>, self?: string): Json {
  if (typeof document !== 'object' || document === null) return document;
  if (Array.isArray(document)) return document.map((item) => withReferences(item, names));
  const name = names.get(fingerprint(document));
  if (name !== undefined && name !== self) return { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, withReferences(value, names)]));
}

const signatureHeaders: readonly (readonly [name: string, description: string])[] = [
  ['webhook-id', '`<job>-<seq>`: the same whenever the message is sent, for a receiver to take each once.'],
  ['webhook-timestamp', 'When it is sent, in seconds since 1970.'],
  ['webhook-signature', '`v1,` and the HMAC-SHA256 over `id.timestamp.body` in base64.'],
];

/** What the service itself sends. */
const webhooks: Json = {
  jobFrame: {
    post: {
      operationId: 'receiveFrame',
      tags: ['jobs'],
      summary: 'A frame of a job that has a webhook',
      description:
        'Signed as Standard Webhooks (standardwebhooks.com) has it. Each comes at least once, and not always in order: `data.seq` has it. It is sent again where it is not answered with 2xx within 10 seconds.',
      parameters: signatureHeaders.map(([name, description]) => ({
        name,
        in: 'header',
        required: true,
        description,
        schema: { type: 'string' },
      })),
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookMessage' } } },
      },
      responses: {
        '204': { description: 'Taken.' },
        '410': { description: 'Not wanted: this message is not sent again.' },
      },
    },
  },
};

/** The description with its named schemas under `components`. */
function withComponents(document: object): object {
  const plain = JSON.parse(JSON.stringify(document)) as { [key: string]: Json };
  const names = new Map(Object.entries(named).map(([name, schema]) => [fingerprint(schema), name]));
  names.set(fingerprint(StreamFrame), 'Frame');
  names.set(fingerprint(JobSubmission), 'JobSubmission');
  const schemas = Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [
      name,
      withReferences(JSON.parse(JSON.stringify(schema)) as Json, names, name),
    ]),
  );
  const paths = withReferences(withOptionalParts(plain['paths'] ?? {}), names);
  const unions = {
    JobSubmission: {
      description: 'What to train: a network, or what a checkpoint or a model has and what is to be another.',
      anyOf: ['JobRequest', 'JobFromRequest'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    },
    JobRequest: discriminated(job.JobRequest, 'network', 'What to train: only `network` is required.'),
    Frame: discriminated(
      StreamFrame,
      'type',
      'One message of the stream: a JSON text message of the WebSocket, the data of a server-sent event, or an item of the history.',
    ),
  };
  return { ...plain, paths, webhooks, components: { schemas: { ...schemas, ...unions } } };
}

export const swaggerOptions: FastifyDynamicSwaggerOptions = {
  convertConstToEnum: false,
  transformObject: (document) =>
    'openapiObject' in document ? withComponents(document.openapiObject) : document.swaggerObject,
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'trainyard',
      version: API_VERSION,
      summary: 'Train image classifiers, watch them learn, and predict with the result.',
      description:
        'Errors are problem documents (RFC 9457) with a stable `code`. Unknown fields are refused. Times are ISO 8601 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This service.' }],
    security: [],
    tags: [
      { name: 'jobs', description: 'Requests to train, and their metrics.' },
      { name: 'models', description: 'Trained artefacts.' },
      { name: 'predict', description: 'Classes of images.' },
      { name: 'open inference protocol', description: 'The same models by the Open Inference Protocol, version 2.' },
      { name: 'tensorflow serving', description: "The same models by TensorFlow Serving's REST API." },
      { name: 'networks', description: 'Architectures.' },
      { name: 'datasets', description: 'What can be trained on, and how images of your own get there.' },
      { name: 'operation', description: 'Health and figures.' },
    ],
  },
};
