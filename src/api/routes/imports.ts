/** Route POST /models: imports a model from weights that are sent, or that the service fetches. */
import type { Readable } from 'node:stream';
import multipart, { type Multipart } from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import { checkImportPreprocessing } from '../../contracts/images/preprocessing-presets.js';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { MAX_SAMPLE_BYTES, MAX_SAMPLE_IMAGES } from '../../contracts/models/import-samples.js';
import { AUTO, countClasses, ModelImport } from '../../contracts/models/model-import.js';
import { refuseOrigin } from '../../contracts/models/model-origin.js';
import { ModelVersion } from '../../contracts/models/stored-model.js';
import { checkNetworkOptions, resolveNetworkOptions } from '../../contracts/networks/network.js';
import type { ModelReference } from '../../contracts/references/model-reference.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { ImportCommand } from '../../exports/index.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { continueBody } from '../http/bodies/early.js';
import { parseJson, parseJsonText } from '../http/bodies/json.js';
import { FORM_TYPE, JSON_TYPE, mediaType } from '../http/bodies/media-type.js';
import { createSampleParts, type SampleParts } from '../http/bodies/sample-parts.js';
import { callerOf } from '../http/client-key.js';
import { problems } from '../http/openapi.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';

/** Maximum number of bytes of the spec: room for 10,000 class names of 100 characters. */
const SPEC_BYTES = 2 ** 21;
/** Spec, logits and weights, and one image more than allowed, so that a form with too many is refused instead of cut. */
const MAX_FILES = 3 + MAX_SAMPLE_IMAGES + 1;
/** Maximum number of bytes of a form besides the content of its parts. */
const FORM_OVERHEAD_BYTES = 2 ** 16;

const DESCRIPTION = [
  'A form. First `spec`: JSON, as a field or a file, of at most 2 MiB. Then perhaps sample images with their `logits`. Last the part `weights`: a safetensors file, or a file of `torch.save` (`.pth`, `.pt`, `.bin`), whose pickle is read as data and never run.',
  'Instead of the part, `weights` of the spec may name the file by `url` and `sha256`, or by `path`; the service fetches it. Without samples, the spec may then be a JSON body.',
  'Weights are float32, float16, bfloat16 or float64 with the names of torchvision, timm, Hugging Face transformers or the tutorial. Without `network`, the network and its options follow from them. The import removes wrappers such as `module.` and `_orig_mod.` and one common prefix such as `model.`. The file must contain all weights of the network and nothing else, except that `num_batches_tracked` is optional. `errors` lists weights that are missing, unknown or of another shape.',
  'The manifest of an import says `imported` and has no data set or scores, but a job can start `from` it.',
].join(' ');

/** Only for openapi.yaml: the form is read and validated part by part while it arrives. */
const body = {
  content: {
    [FORM_TYPE]: {
      schema: Type.Object({
        spec: ModelImport,
        logits: Type.Optional(
          Type.Array(Type.Array(Type.Number()), {
            maxItems: MAX_SAMPLE_IMAGES,
            description:
              'Logits that the origin of the weights computed for each `image`, in evaluation mode and before the softmax: JSON, images × classes.',
          }),
        ),
        image: Type.Optional(
          Type.Array(BinaryFile({ description: 'A sample image.' }), {
            maxItems: MAX_SAMPLE_IMAGES,
            description: `Up to ${MAX_SAMPLE_IMAGES} sample images of at most 16 MiB together, as in \`POST /predict\`. The import is refused unless predictions reproduce their \`logits\`.`,
          }),
        ),
        weights: Type.Optional(
          BinaryFile({
            description:
              'A safetensors file, or a file of torch.save (.pth, .pt, .bin). Left out if `spec.weights` names the file.',
          }),
        ),
      }),
    },
    [JSON_TYPE]: { schema: ModelImport },
  },
};

type ModelImportDeps = Pick<AppDeps, 'predictor' | 'maxImportBytes'>;

export const importRoutes: FastifyPluginAsyncTypebox<ModelImportDeps> = async (app, deps) => {
  const { predictor, maxImportBytes } = deps;
  await app.register(multipart, {
    limits: { fields: 2, files: MAX_FILES, parts: MAX_FILES, fieldSize: SPEC_BYTES, fileSize: maxImportBytes },
  });
  app.removeContentTypeParser(JSON_TYPE);
  app.addContentTypeParser(JSON_TYPE, async ({ headers }: FastifyRequest, payload: Readable) =>
    parseJson(await readSmall(payload), { contentType: headers['content-type'] }),
  );
  app.addHook('onRequest', async (request, reply) => {
    const type = mediaType(request);
    if (type === JSON_TYPE) continueBody(request, reply);
    if (type === FORM_TYPE || type === JSON_TYPE) return;
    throw new TrainyardError(
      'unsupported_media_type',
      `This route accepts a form, "Content-Type: ${FORM_TYPE}" with the parts spec and weights, or JSON that names the weights by url or path.`,
    );
  });

  app.post(
    '/models',
    {
      bodyLimit: maxImportBytes + 2 * SPEC_BYTES + MAX_SAMPLE_BYTES + FORM_OVERHEAD_BYTES,
      config: { scope: 'models:write', isUpload: true, limitSetting: { name: 'MAX_IMPORT_MB', bytes: maxImportBytes } },
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        operationId: 'importModel',
        tags: ['models'],
        summary: 'Import a model from a weights file',
        description: DESCRIPTION,
        body,
        response: {
          201: { ...ModelVersion, description: 'The model is stored as a new version of its name.' },
          ...problems(400, 408, 409, 413, 415, 422, 424, 429, 503, 507),
        },
      },
    },
    async (request, reply) => {
      continueBody(request, reply);
      const model = await (mediaType(request) === JSON_TYPE ? fetchModel(request, reply) : uploadModel(request, reply));
      const { store } = request.project;
      reply.header('location', `/models/${model.name}/versions/${model.version}`);
      return reply
        .code(201)
        .send({ ...(await store.inspect(model)), state: predictor.stateOf(await store.get(model)) });
    },
  );
};

type ImportDeps = Pick<ProjectParts, 'imports' | 'store'>;

/** Imports the weights that a JSON body names. */
const fetchModel = async (request: FastifyRequest, reply: FastifyReply): Promise<ModelReference> =>
  fetchWeights(
    request.project,
    { request: readSpec(request.body, ''), samples: undefined },
    '',
    callerOf(request, reply),
  );

/** Imports the weights that a spec at `parent` names. Stops when the client closes the connection. */
async function fetchWeights(
  { imports, store }: ImportDeps,
  command: ImportCommand,
  parent: '' | '/spec',
  caller: Caller,
): Promise<ModelReference> {
  const pointer = `${parent}/weights`;
  const faults = [...imports.check(command.request, pointer), ...(await nameErrors(store, command.request, parent))];
  if (faults.length > 0) throw refuseFields(faults);
  return imports.fetch(command, pointer, caller);
}

/** Imports the weights of a form, or those that its spec names. */
const uploadModel = (request: FastifyRequest, reply: FastifyReply): Promise<ModelReference> =>
  readForm(request, reply).catch((error: unknown) => {
    throw asFormError(error);
  });

async function readForm(request: FastifyRequest, reply: FastifyReply): Promise<ModelReference> {
  const deps = request.project;
  const caller = callerOf(request, reply); // before the form is read, so that a client that leaves meanwhile is noticed
  let spec: ModelImport | undefined;
  const samples = createSampleParts();
  for await (const part of request.parts()) {
    const { type, fieldname } = part;
    if (!isPartName(fieldname)) {
      const message = 'is not a part of the form: send spec, perhaps logits and image, and weights';
      throw refuseFields([{ pointer: `/${fieldname.slice(0, 100)}`, message }]);
    }
    if (type === 'field' && fieldname === 'spec') {
      if (part.valueTruncated) throw specTooLarge();
      spec = readSpec(typeof part.value === 'string' ? parseField(part.value) : part.value, SPEC.pointer);
    } else if (fieldname === 'logits') samples.setLogits(await readLogits(part));
    else if (type === 'field') throw refuseFields([{ pointer: `/${fieldname}`, message: 'must be a file' }]);
    else if (fieldname === 'image') await samples.addImage(part.file);
    else if (fieldname === 'spec') spec = readSpec(parseJson(await readSmall(part.file), SPEC), SPEC.pointer);
    else {
      const command = await commandOf(deps, spec, samples);
      return deps.imports.create(command, part.file, () => !part.file.truncated, caller.client);
    }
  }
  if (spec === undefined) throw refuseFields([{ ...SPEC, message: 'is required' }]);
  if (spec.weights === undefined)
    throw refuseFields([{ pointer: '/weights', message: 'is required, or weights in the spec' }]);
  const command = { request: spec, samples: samples.finish(countClasses(spec)) };
  return fetchWeights(deps, command, SPEC.pointer, caller);
}

/** Returns the import of a form whose part `weights` begins. Throws `invalid_request` for faults of the parts before it. */
async function commandOf(
  { store }: ImportDeps,
  spec: ModelImport | undefined,
  samples: SampleParts,
): Promise<ImportCommand> {
  if (spec === undefined) throw refuseFields([{ ...SPEC, message: 'must come before weights' }]);
  if (spec.weights !== undefined) {
    const message = 'must be left out, because this form has a part weights';
    throw refuseFields([{ pointer: `${SPEC.pointer}/weights`, message }]);
  }
  const faults = await nameErrors(store, spec, SPEC.pointer);
  if (faults.length > 0) throw refuseFields(faults);
  return { request: spec, samples: samples.finish(countClasses(spec)) };
}

/** Returns an error if the newest version of the name has other classes. Classes that the converter finds are checked by the store. */
async function nameErrors(
  store: ImportDeps['store'],
  { name, classes }: ModelImport,
  parent = '',
): Promise<FieldError[]> {
  const message = Array.isArray(classes) ? await store.nameFault(name, classes) : undefined;
  return message === undefined ? [] : [{ pointer: `${parent}/name`, message }];
}

const PARTS = ['spec', 'logits', 'image', 'weights'] as const;
const isPartName = (name: string): name is (typeof PARTS)[number] => PARTS.some((part) => part === name);

/** Reads JSON that is sent as a field or as a file. */
async function readLogits(part: Multipart): Promise<unknown> {
  const pointer = { pointer: '/logits' } as const;
  if (part.type === 'file') return parseJson(await readSmall(part.file), pointer);
  if (part.valueTruncated) throw specTooLarge();
  return typeof part.value === 'string' ? parseJsonText(part.value, pointer) : part.value;
}

/** Reads a spec that is a file of a form, or a JSON body. Throws `payload_too_large`, also if the form's parser cut it. */
async function readSmall(stream: Readable & { truncated?: boolean }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > SPEC_BYTES) throw specTooLarge();
    chunks.push(chunk);
  }
  if (stream.truncated) throw specTooLarge();
  return Buffer.concat(chunks);
}

const specTooLarge = (): TrainyardError =>
  new TrainyardError('payload_too_large', `The spec or the logits are larger than ${SPEC_BYTES} bytes, the limit.`);

const validate = createValidatorCompiler()({ schema: ModelImport, method: 'POST', url: '/models', httpPart: 'body' });

/** Parses a spec that is sent as a field. The form parser has replaced bytes that are not UTF-8 by U+FFFD. */
function parseField(text: string): unknown {
  if (!text.includes('\ufffd')) return parseJsonText(text, SPEC);
  throw refuseFields([{ ...SPEC, message: 'is not UTF-8: send it as UTF-8, not as Latin-1' }]);
}

const SPEC = { pointer: '/spec' } as const;

/** Validates a spec. Throws `invalid_request` with a pointer, from `parent`, to each wrong field. */
function readSpec(value: unknown, parent: string): ModelImport {
  const { error } = validate(value) as { error?: TrainyardError };
  const faults = error === undefined ? specFaults(value as ModelImport) : (error.errors ?? []);
  if (faults.length === 0) return value as ModelImport;
  throw refuseFields(faults.map(({ pointer, message }) => ({ pointer: parent + pointer, message })));
}

/** Returns options of the network or of the preprocessing that do not fit each other, and an origin of another architecture. */
function specFaults({ network, networkOptions, origin, preprocessing, normalization }: ModelImport): FieldError[] {
  const options =
    network === undefined || network === AUTO
      ? []
      : checkNetworkOptions({ network, networkOptions: resolveNetworkOptions(network, networkOptions) });
  const images = checkImportPreprocessing(preprocessing);
  const faults = [
    ...options.map(({ pointer, message }) => ({ pointer: `/networkOptions${pointer}`, message })),
    ...images.map(({ pointer, message }) => ({ pointer: `/preprocessing${pointer}`, message })),
    ...(normalization === undefined || preprocessing?.normalization === undefined
      ? []
      : [{ pointer: '/normalization', message: 'is in preprocessing too: send one of the two' }]),
  ];
  const refusal = origin === undefined ? undefined : refuseOrigin(origin);
  return refusal === undefined ? faults : [...faults, { pointer: '/origin', message: refusal }];
}

function asFormError(error: unknown): unknown {
  if (error instanceof TrainyardError || !(error instanceof Error)) return error;
  return new TrainyardError(
    'invalid_request',
    `The form cannot be read (${error.message}): check that it is complete and has its boundary.`,
    { cause: error },
  );
}
