/** Request bodies of POST /predict: JSON, an image file, or a form with image files. */
import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Check } from 'typebox/value';
import { MAX_IMAGES, PredictQuery, PredictRequest } from '../../contracts/prediction/prediction-messages.js';
import { REFERENCE_FORMS } from '../../contracts/references/reference.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { SentImage } from '../../inference/classifier.js';
import { hasBody } from '../http/bodies/early.js';
import { parseJson } from '../http/bodies/json.js';
import { FORM_TYPE, JSON_TYPE, mediaType } from '../http/bodies/media-type.js';
import { requireFewParts } from '../http/json-limits.js';
import { bodyTooLarge, readBody, readStream } from '../http/read-body.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';

/** Image types in openapi.yaml: every format that is decoded, and HEIC, which is refused with advice. */
export const IMAGE_TYPES = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'bmp', 'avif', 'heic'].map((name) => `image/${name}`);
/** Returns whether the format is detected from the body's first bytes: clients name types in many ways, or not at all. */
const isBinaryType = (type: string): boolean => /^(|image\/(?!svg).*|(application|binary)\/octet-stream)$/.test(type);
const DECODED_TYPES = IMAGE_TYPES.filter((type) => type !== 'image/heic');
const ACCEPTED = `send JSON with "Content-Type: ${JSON_TYPE}", an image file (${DECODED_TYPES.join(', ')}) or a form (${FORM_TYPE})`;

/** Maximum number of bytes of a text field of a form. The name of a class has at most 1,000 characters. */
const FIELD_BYTES = 4_000;

/** Adds the body parsers of images and forms to a scope, and refuses other types before the body is read. */
export async function acceptImages(scope: FastifyInstance, maxBodyBytes: number): Promise<void> {
  scope.addHook('onRequest', async (request) => {
    const type = mediaType(request);
    if (type === '' && !hasBody(request))
      throw new TrainyardError('unsupported_media_type', `The request has no Content-Type and no body: ${ACCEPTED}.`);
    if (type !== JSON_TYPE && type !== FORM_TYPE && !isBinaryType(type)) {
      throw new TrainyardError(
        'unsupported_media_type',
        `This route does not accept the Content-Type ${type.slice(0, 100)}: ${ACCEPTED}.`,
      );
    }
  });
  scope.removeContentTypeParser(JSON_TYPE);
  scope.addContentTypeParser(JSON_TYPE, async (request: FastifyRequest, payload: Readable) => {
    return readPrediction(request, await readBody(request, payload));
  });
  scope.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const body = await readBody(request, payload);
    if (/^image\//.test(mediaType(request)) || !beginsJson(body)) return body;
    const value = readPrediction(request, body);
    // Fastify validates JSON by its Content-Type, and this body has another.
    const { error } = validate(value) as { error?: TrainyardError };
    if (error !== undefined) throw error;
    return value;
  });
  // One more file than allowed, so that a form with too many is refused instead of cut.
  const limits = {
    files: MAX_IMAGES + 1,
    fields: 10,
    parts: MAX_IMAGES + 11,
    fileSize: maxBodyBytes + 1,
    fieldSize: FIELD_BYTES,
  };
  const isPartAFile = (_: unknown, type = '', name?: string): boolean =>
    name !== undefined || (type !== '' && isBinaryType(type.toLowerCase()));
  await scope.register(multipart, { limits, isPartAFile });
}

const validate = createValidatorCompiler()({
  ...{ schema: PredictRequest, method: 'POST', url: '/predict', httpPart: 'body' },
});

function readPrediction({ headers }: FastifyRequest, body: Buffer): unknown {
  requireFewParts(body);
  return parseJson(body, { contentType: headers['content-type'] });
}

/** Returns whether bytes begin like a JSON object; no image does. */
const beginsJson = (body: Buffer): boolean => /^(\ufeff)?\s*\{/.test(body.toString('utf8', 0, 64));

/** The images of a prediction request with its options. */
export type ParsedPredictRequest = PredictQuery & Readonly<{ images: readonly SentImage[] }>;

/** Reads a request of any accepted type. Fields of the body take precedence over those of the query. */
export async function readRequest(
  request: FastifyRequest<{ Querystring: PredictQuery }>,
  reply: FastifyReply,
  maxBodyBytes: number,
): Promise<ParsedPredictRequest> {
  const { query, body } = request;
  const type = mediaType(request);
  if (type === FORM_TYPE) return { ...query, ...(await readForm(request, reply, maxBodyBytes)) };
  if (type !== JSON_TYPE && (body === undefined || Buffer.isBuffer(body)))
    return { ...query, images: [{ type: 'file', pointer: '', bytes: body ?? Buffer.alloc(0) }] };
  return { ...query, ...readJson(body as PredictRequest) };
}

/** Converts a body that its schema has validated. */
function readJson({ images, instances, ...rest }: PredictRequest): ParsedPredictRequest {
  if (images !== undefined && instances !== undefined) {
    throw refuseFields([
      { pointer: '/instances', message: 'is not allowed together with images: send one of the two' },
    ]);
  }
  if (images !== undefined) {
    return { ...rest, images: images.map((text, index) => ({ type: 'base64', text, pointer: `/images/${index}` })) };
  }
  if (instances !== undefined) {
    return {
      ...rest,
      images: instances.map((values, index) => ({ type: 'instance', values, pointer: `/instances/${index}` })),
    };
  }
  throw refuseFields([{ pointer: '/images', message: 'is required, or instances instead' }]);
}

/** Reads a form up to its end or first fault. After a fault the rest is discarded and the connection closed. */
async function readForm(
  request: FastifyRequest,
  reply: FastifyReply,
  maxBodyBytes: number,
): Promise<ParsedPredictRequest> {
  const { raw } = request;
  const parts = readParts(request, maxBodyBytes);
  parts.catch(() => undefined); // `overflow` may reject first
  let sizeBytes = 0;
  const overflow = new Promise<never>((_, reject) => {
    raw.on('data', ({ length }: Buffer) => {
      sizeBytes += length;
      if (sizeBytes > maxBodyBytes) reject(bodyTooLarge(maxBodyBytes));
    });
  });
  try {
    return await Promise.race([parts, overflow]);
  } catch (error) {
    reply.header('connection', 'close');
    throw asFormError(error);
  } finally {
    raw.unpipe();
    raw.resume();
  }
}

async function readParts(request: FastifyRequest, maxBodyBytes: number): Promise<ParsedPredictRequest> {
  const images: SentImage[] = [];
  const fields: Record<string, unknown> = {};
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      fields[part.fieldname] = readField(part.fieldname, part.value);
      continue;
    }
    images.push({
      type: 'file',
      bytes: await readStream(part.file, request.lease, maxBodyBytes),
      pointer: `/${part.fieldname.slice(0, 100)}/${images.length}`,
    });
    if (images.length > MAX_IMAGES)
      throw refuseFields([{ pointer: '', message: `must have at most ${MAX_IMAGES} files` }]);
  }
  request.lease.finish();
  if (images.length === 0)
    throw refuseFields([{ pointer: '', message: 'has no file: send each image as a file of the form' }]);
  return { ...fields, images };
}

/** Python's spelling is accepted too: the client that openapi-python-client generates sends `False` for each default. */
const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
]);

/** Converts a text field of a form: an option of the query. */
function readField(name: string, text: unknown): unknown {
  const refuse = (message: string): never => {
    throw refuseFields([{ pointer: `/${name.slice(0, 100)}`, message } satisfies FieldError]);
  };
  switch (name) {
    case 'model':
      return Check(PredictQuery.properties.model, text)
        ? text
        : refuse(`does not name a model. ${REFERENCE_FORMS}`.replace(/\.$/, ''));
    case 'topK': {
      const value = typeof text === 'string' && /^\d{1,4}$/.test(text) ? Number(text) : text;
      return Check(PredictQuery.properties.topK, value) ? value : refuse('must be a whole number from 1 to 1000');
    }
    case 'explainClass':
      return Check(PredictQuery.properties.explainClass, text) ? text : refuse('must be the name of a class');
    case 'flip':
    case 'cropped':
    case 'logits':
    case 'explain':
      return BOOLEANS.get(text) ?? refuse('must be true or false');
    default:
      return refuse(
        'is not a known field: a form has files and the fields model, topK, flip, cropped, logits, explain and explainClass',
      );
  }
}

function asFormError(error: unknown): unknown {
  if (error instanceof TrainyardError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const message = /^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code)
    ? `The form has too many parts: it may have ${MAX_IMAGES} files and the fields model, topK, flip, cropped, logits, explain and explainClass.`
    : `The form cannot be read (${error.message}): check that it is complete and has its boundary.`;
  return new TrainyardError('invalid_request', message, { cause: error });
}
