/** Route POST /models: imports a model from a safetensors file. */
import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { ModelImport } from '../../contracts/models/model-import.js';
import { ModelVersion } from '../../contracts/models/stored-model.js';
import { checkNetworkOptions, resolveNetworkOptions } from '../../contracts/networks/network.js';
import type { ModelReference } from '../../contracts/references/model-reference.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { continueBody } from '../http/bodies/early.js';
import { parseJson, parseJsonText } from '../http/bodies/json.js';
import { FORM_TYPE, mediaType } from '../http/bodies/media-type.js';
import { clientOf } from '../http/client-key.js';
import { problems } from '../http/openapi.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';

/** Most bytes of the spec: room for 10,000 class names of 100 characters. */
const SPEC_BYTES = 2 ** 21;
/** Most bytes of a form besides its two parts. */
const FORM_OVERHEAD_BYTES = 2 ** 16;

/** Only for openapi.yaml: the form is read and validated part by part while it arrives. */
const body = {
  content: {
    [FORM_TYPE]: {
      schema: Type.Object({
        spec: ModelImport,
        weights: BinaryFile({ description: 'A safetensors file.' }),
      }),
    },
  },
};

type Deps = Pick<AppDeps, 'imports' | 'store' | 'predictor' | 'maxImportBytes'>;

export const importRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { imports, store, predictor, maxImportBytes },
) => {
  await app.register(multipart, {
    limits: { fields: 1, files: 2, parts: 2, fieldSize: SPEC_BYTES, fileSize: maxImportBytes },
  });
  app.addHook('onRequest', async (request) => {
    if (mediaType(request) === FORM_TYPE) return;
    throw new TrainyardError(
      'unsupported_media_type',
      `This route accepts a form. Send the header "Content-Type: ${FORM_TYPE}" with the parts spec and weights.`,
    );
  });

  app.post(
    '/models',
    {
      bodyLimit: maxImportBytes + SPEC_BYTES + FORM_OVERHEAD_BYTES,
      config: { isUpload: true, limitSetting: { name: 'MAX_IMPORT_MB', bytes: maxImportBytes } },
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        operationId: 'importModel',
        tags: ['models'],
        summary: 'Import a model from a weights file',
        description:
          'A form with two parts. First `spec`: JSON, as a field or a file, of at most 2 MiB. Then `weights`: a safetensors file in float32, float16, bfloat16 or float64 with the names and layout of PyTorch, as in the tutorial or in torchvision. The import removes wrappers such as `module.` and `_orig_mod.` and one common prefix such as `model.` from the names. The file must contain all weights of the network and nothing else, except that `num_batches_tracked` is optional. `errors` lists weights that are missing, unknown or of another shape. PyTorch, Keras, NumPy and ONNX files are refused with the line of Python that converts them. The manifest of an import says `imported` and has no data set or scores, but a job can start `from` it.',
        body,
        response: {
          201: { ...ModelVersion, description: 'The model is stored as a new version of its name.' },
          ...problems(400, 408, 413, 415, 429, 503, 507),
        },
      },
    },
    async (request, reply) => {
      continueBody(request, reply);
      const model = await readForm(request).catch((error: unknown) => {
        throw asFormError(error);
      });
      reply.header('location', `/models/${model.name}/versions/${model.version}`);
      return reply
        .code(201)
        .send({ ...(await store.inspect(model)), state: predictor.stateOf(await store.get(model)) });
    },
  );

  async function readForm(request: FastifyRequest): Promise<ModelReference> {
    let spec: ModelImport | undefined;
    for await (const part of request.parts()) {
      const { type, fieldname } = part;
      if (fieldname !== 'spec' && fieldname !== 'weights') {
        throw refuseFields([
          { pointer: `/${fieldname.slice(0, 100)}`, message: 'is not a part of the form: send spec and weights' },
        ]);
      }
      if (type === 'field' && fieldname === 'spec') {
        if (part.valueTruncated) throw specTooLarge();
        spec = readSpec(typeof part.value === 'string' ? parseField(part.value) : part.value);
      } else if (type === 'field') throw refuseFields([{ pointer: '/weights', message: 'must be a file' }]);
      else if (fieldname === 'spec') spec = readSpec(parseJson(await readBytes(part.file), SPEC));
      else if (spec === undefined) throw refuseFields([{ pointer: '/spec', message: 'must come before weights' }]);
      else return imports.create(spec, part.file, () => !part.file.truncated, clientOf(request));
    }
    throw refuseFields([{ pointer: spec === undefined ? '/spec' : '/weights', message: 'is required' }]);
  }
};

/** Reads a spec that is sent as a file. Throws `payload_too_large`. */
async function readBytes(file: MultipartFile['file']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > SPEC_BYTES) throw specTooLarge();
    chunks.push(chunk);
  }
  if (file.truncated) throw specTooLarge(); // the parser cut it at MAX_IMPORT_MB
  return Buffer.concat(chunks);
}

const specTooLarge = (): TrainyardError =>
  new TrainyardError('payload_too_large', `The spec is larger than ${SPEC_BYTES} bytes, the limit.`);

const validate = createValidatorCompiler()({ schema: ModelImport, method: 'POST', url: '/models', httpPart: 'body' });

/** Parses a spec that is sent as a field. The form parser has replaced bytes that are not UTF-8 by U+FFFD. */
function parseField(text: string): unknown {
  if (!text.includes('\ufffd')) return parseJsonText(text, SPEC);
  throw refuseFields([{ ...SPEC, message: 'is not UTF-8: send it as UTF-8, not as Latin-1' }]);
}

const SPEC = { pointer: '/spec' } as const;

/** Validates a spec. Throws `invalid_request` with a pointer to each wrong field. */
function readSpec(spec: unknown): ModelImport {
  const { error } = validate(spec) as { error?: TrainyardError };
  if (error === undefined) return requireOptions(spec as ModelImport);
  throw refuseFields((error.errors ?? []).map(({ pointer, message }) => ({ pointer: `/spec${pointer}`, message })));
}

/** Requires network options that fit each other. */
function requireOptions(spec: ModelImport): ModelImport {
  const faults = checkNetworkOptions({
    ...spec,
    networkOptions: resolveNetworkOptions(spec.network, spec.networkOptions),
  });
  if (faults.length === 0) return spec;
  throw refuseFields(faults.map(({ pointer, message }) => ({ pointer: `/spec/networkOptions${pointer}`, message })));
}

function asFormError(error: unknown): unknown {
  if (error instanceof TrainyardError || !(error instanceof Error)) return error;
  return new TrainyardError(
    'invalid_request',
    `The form cannot be read (${error.message}): check that it is complete and has its boundary.`,
    { cause: error },
  );
}
