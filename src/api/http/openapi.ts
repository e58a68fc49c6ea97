/** OpenAPI document of the service, generated from the schemas of the routes. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { ProtocolError } from '../../contracts/protocols/open-inference-messages.js';
import { NAME } from '../../contracts/references/path-part.js';
import { Problem } from '../../contracts/service/problem.js';
import { API_VERSION } from '../version.js';
import { componentSchemas, type Json, withReferences } from './openapi-components.js';
import { PROBLEM_TYPE } from './problem-response.js';

/** Descriptions of the error answers, by status. */
const ERROR_ANSWERS: Readonly<Record<number, string>> = {
  400: 'The request is invalid. `errors` points to each wrong field.',
  401: 'The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys.',
  403: 'A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`).',
  404: 'The resource does not exist.',
  408: 'The body arrived too slowly.',
  409: 'The request conflicts with the current state, for example with the status of the job, a label or a name that is taken.',
  410: 'The resource was deleted.',
  413: 'The body is too large.',
  415: 'The media type is not supported here.',
  416: 'The `Range` lies outside the file.',
  422: 'The `Idempotency-Key` belongs to another request (`idempotency_conflict`).',
  424: 'A file that the request names cannot be downloaded.',
  426: 'The path is a WebSocket. Send an upgrade request.',
  429: 'A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`.',
  500: 'The service failed, for example because a model is corrupt. The log has the details.',
  503: 'The service cannot answer at the moment. Try again later.',
  504: 'The answer was not ready before the deadline (`deadline_exceeded`).',
  507: 'The disk is full.',
};

/** Returns the schema of an answer that is a problem document. */
export const problem = (description: string) => ({ description, content: { [PROBLEM_TYPE]: { schema: Problem } } });

/** Returns the answers of a route that are problem documents, by status. */
export function problems(...statuses: number[]): Record<number, object> {
  return Object.fromEntries(statuses.map((status) => [status, problem(ERROR_ANSWERS[status] ?? 'A problem.')]));
}

/** Returns the error answers of an inference protocol, which have a form of their own. */
export function protocolErrors(...statuses: number[]): Record<number, object> {
  const entries = statuses.map((status) => [
    status,
    { description: ERROR_ANSWERS[status] ?? 'An error.', content: { 'application/json': { schema: ProtocolError } } },
  ]);
  return Object.fromEntries(entries);
}

/** Marks as optional what a client may leave out: parameters with a default, and bodies that may be null. */
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

/** Returns whether the JSON of a body may be null. */
function mayBeNull(content: Json | undefined): boolean {
  const json = (content as { 'application/json'?: { schema?: { anyOf?: { type?: string }[] } } } | undefined)?.[
    'application/json'
  ];
  return json?.schema?.anyOf?.some(({ type }) => type === 'null') === true;
}

const signatureHeaders: readonly (readonly [name: string, description: string])[] = [
  ['webhook-id', '`<job>-<seq>`. A message that is sent again has the same id, so that a receiver can ignore it.'],
  ['webhook-timestamp', 'Time of sending, in seconds since 1970.'],
  ['webhook-signature', '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.'],
];

/** Requests that the service sends. */
const webhooks: Json = {
  jobFrame: {
    post: {
      operationId: 'receiveFrame',
      tags: ['jobs'],
      summary: 'Receive a frame of a job with a webhook',
      description:
        'The signature follows Standard Webhooks (standardwebhooks.com). Each frame arrives at least once, possibly out of order: sort by `data.seq`. The service sends a message again if the receiver does not return a 2xx status within 10 seconds.',
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
        '204': { description: 'Received.' },
        '410': { description: 'Not wanted. The service does not send this message again.' },
      },
    },
  },
};

/** Ways to authenticate. */
const SECURITY_SCHEMES = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key (`ty_…`), or a token of the identity provider. Needed if the service runs with `AUTH=keys`. Browsers open streams with a session, or with a ticket of `POST /tickets` as `?ticket=`.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'trainyard_session',
    description: 'The cookie that `POST /session` sets.',
  },
} as const;

/** Parameters that several paths have. */
const PARAMETERS = {
  Project: {
    name: 'Trainyard-Project',
    in: 'header',
    required: false,
    description: 'Project of the request, for senders with the scope `admin`. Default: the project of the sender.',
    schema: { type: 'string', pattern: `^${NAME}$`, examples: ['boots'] },
  },
};

type Operation = { [key: string]: Json; security?: Json[]; parameters?: Json[] };

/** Adds the header that names a project to all operations that are not public. */
function withProjectHeader(paths: Json): Json {
  const header: Json = { $ref: '#/components/parameters/Project' };
  for (const methods of Object.values(paths as { [path: string]: { [method: string]: Operation } }))
    for (const operation of Object.values(methods))
      if ((operation.security ?? []).length > 0) operation.parameters = [...(operation.parameters ?? []), header];
  return paths;
}

/** Moves the named schemas of a document to `components`, and adds the webhooks. */
function withComponents(document: object): object {
  const plain = JSON.parse(JSON.stringify(document)) as { [key: string]: Json };
  const paths = withProjectHeader(withReferences(withOptionalParts(plain['paths'] ?? {})));
  const components = { securitySchemes: SECURITY_SCHEMES, parameters: PARAMETERS, schemas: componentSchemas() };
  return { ...plain, paths, webhooks, components };
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
      summary: 'Train image classifiers, follow their training, and predict with the models.',
      description: [
        'Errors are problem documents (RFC 9457) with a stable `code`. Unknown fields are rejected. Times are ISO 8601 in UTC.',
        '`default` says what the service fills in if a field is absent. Generate a TypeScript client with',
        '`openapi-typescript --default-non-nullable=false`, which keeps fields with a default optional.',
      ].join(' '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This service.' }],
    security: [],
    components: { securitySchemes: SECURITY_SCHEMES },
    tags: [
      { name: 'jobs', description: 'Training jobs, their frames and their metrics.' },
      { name: 'models', description: 'Trained and imported models, their labels, evaluations and exports.' },
      { name: 'predict', description: 'Classification of images.' },
      { name: 'networks', description: 'Network architectures and their options.' },
      { name: 'datasets', description: 'Built-in data sets, and data sets imported from archives.' },
      { name: 'access', description: 'API keys, sessions and the audit log.' },
      { name: 'operation', description: 'Health checks and metrics of the service.' },
      { name: 'open inference protocol', description: 'The same models over the Open Inference Protocol, version 2.' },
      {
        name: 'tensorflow serving protocol',
        description: 'The same models over the REST API of TensorFlow Serving.',
      },
    ],
  },
};
