/** The bodies of POST /predict: JSON, an image file, or a form with image files. */
import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Check } from 'typebox/value';
import { MAX_IMAGES, PredictQuery, PredictRequest } from '../../contracts/prediction/predict.js';
import { REFERENCE_FORMS } from '../../contracts/references/reference.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { SentImage } from '../../inference/classifier.js';
import { hasBody } from '../http/bodies/early.js';
import { parseJson } from '../http/bodies/json.js';
import { FORM_TYPE, JSON_TYPE, mediaType } from '../http/bodies/media-type.js';
import { requireFewParts } from '../http/json-limits.js';
import { bodyTooLarge, readBody, readStream } from '../http/read-body.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';

/** Types for openapi.yaml: of the formats that are read, and of one that people send and that is refused by its name. */
export const IMAGE_TYPES = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'bmp', 'avif', 'heic'].map((name) => `image/${name}`);
/** Types of bodies whose first bytes decide: clients name formats in many ways, or not at all. SVG is text. */
const isOfBytes = (type: string): boolean => /^(|image\/(?!svg).*|(application|binary)\/octet-stream)$/.test(type);
const READ_TYPES = IMAGE_TYPES.filter((type) => type !== 'image/heic');
const TAKEN = `${JSON_TYPE}, ${READ_TYPES.join(', ')} and ${FORM_TYPE} are taken`;

/** Bytes of a text field of a form; a reference is at most 129. */
const FIELD_BYTES = 200;

/** Teaches a scope to read images and forms, and to refuse any other body before it is read. */
export async function acceptImages(scope: FastifyInstance, maxBodyBytes: number): Promise<void> {
  scope.addHook('onRequest', async (request) => {
    const type = mediaType(request);
    if (type === '' && !hasBody(request))
      throw new TrainyardError('unsupported_media_type', `The request has no Content-Type and no body; ${TAKEN}.`);
    if (type !== JSON_TYPE && type !== FORM_TYPE && !isOfBytes(type)) {
      throw new TrainyardError(
        'unsupported_media_type',
        `The Content-Type ${type.slice(0, 100)} is not taken here; ${TAKEN}.`,
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
    // Fastify checks JSON by its Content-Type, and this body has another.
    const { error } = validate(value) as { error?: TrainyardError };
    if (error !== undefined) throw error;
    return value;
  });
  // One more file than is taken, so that one too many is told from the largest form.
  const limits = {
    files: MAX_IMAGES + 1,
    fields: 10,
    parts: MAX_IMAGES + 11,
    fileSize: maxBodyBytes + 1,
    fieldSize: FIELD_BYTES,
  };
  const isPartAFile = (_: unknown, type = '', name?: string): boolean =>
    name !== undefined || (type !== '' && isOfBytes(type.toLowerCase()));
  await scope.register(multipart, { limits, isPartAFile });
}

const validate = createValidatorCompiler()({
  ...{ schema: PredictRequest, method: 'POST', url: '/predict', httpPart: 'body' },
});

function readPrediction({ headers }: FastifyRequest, body: Buffer): unknown {
  requireFewParts(body);
  return parseJson(body, { contentType: headers['content-type'] });
}

/** Whether bytes begin as an object in JSON does; no image does. */
const beginsJson = (body: Buffer): boolean => /^(\ufeff)?\s*\{/.test(body.toString('utf8', 0, 64));

/** What POST /predict is asked. */
export type Asked = PredictQuery & Readonly<{ images: readonly SentImage[] }>;

/** What the client asks, from whichever body it sent. Fields of the body go before those of the query. */
export async function readRequest(
  request: FastifyRequest<{ Querystring: PredictQuery }>,
  reply: FastifyReply,
  maxBodyBytes: number,
): Promise<Asked> {
  const { query, body } = request;
  const type = mediaType(request);
  if (type === FORM_TYPE) return { ...query, ...(await readForm(request, reply, maxBodyBytes)) };
  if (type !== JSON_TYPE && (body === undefined || Buffer.isBuffer(body)))
    return { ...query, images: [{ type: 'file', pointer: '', bytes: body ?? Buffer.alloc(0) }] };
  return { ...query, ...readJson(body as PredictRequest) };
}

/** The body has been validated by its schema. */
function readJson({ images, instances, ...rest }: PredictRequest): Asked {
  if (images !== undefined && instances !== undefined) {
    throw refuseFields([{ pointer: '/instances', message: 'is not allowed beside images; send one of the two' }]);
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

/** Reads the form to its end, or to its first fault; then the connection is closed, and what still comes is thrown away. */
async function readForm(request: FastifyRequest, reply: FastifyReply, maxBodyBytes: number): Promise<Asked> {
  const { raw } = request;
  const parts = readParts(request, maxBodyBytes);
  parts.catch(() => undefined); // once the body is too large, nobody waits for them any more
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

async function readParts(request: FastifyRequest, maxBodyBytes: number): Promise<Asked> {
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
      throw refuseFields([{ pointer: '', message: `has more than the ${MAX_IMAGES} files allowed` }]);
  }
  request.lease.finish();
  if (images.length === 0)
    throw refuseFields([{ pointer: '', message: 'has no file; send each image as a file of the form' }]);
  return { ...fields, images };
}

/** `model`, `topK`, `flip` and `logits` by the contract's schemas; a form has text only. */
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
    case 'flip':
    case 'logits':
      return text === 'true' || text === 'false' ? text === 'true' : refuse('must be true or false');
    default:
      return refuse('is not a known field; allowed are model, topK, flip and logits, and files');
  }
}

function asFormError(error: unknown): unknown {
  if (error instanceof TrainyardError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const sentence = /^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code)
    ? `The form has too many parts; ${MAX_IMAGES} files, model, topK, flip and logits are taken.`
    : `The form is damaged (${error.message}).`;
  return new TrainyardError('invalid_request', sentence, { cause: error });
}
