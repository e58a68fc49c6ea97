/** Routes POST /predict, which classifies images, and POST /predict/map, which draws where the network looks. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TSchema, Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import {
  DEFAULT_TOP_K,
  MapQuery,
  MapRequest,
  PredictQuery,
  PredictRequest,
  PredictResponse,
} from '../../contracts/prediction/prediction-messages.js';
import { parseReference } from '../../contracts/references/reference.js';
import { TrainyardError } from '../../errors/errors.js';
import { FORM_TYPE, JSON_TYPE } from '../http/bodies/media-type.js';
import { problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';
import { mapOf } from '../prediction/activation-map.js';
import { acceptImages, IMAGE_TYPES, type ParsedPredictRequest, readRequest } from '../prediction/predict-body.js';
import { limitPredictions, PredictionHeaders, type PredictionLimits } from '../prediction/scope.js';
import { perImage, topClasses } from '../prediction/top-classes.js';

export type PredictDeps = Readonly<{ limits: PredictionLimits }>;

const images = Type.Array(BinaryFile(), {
  description: 'PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files, in fields of any name.',
});

/** Returns the bodies of a route. A schema validates only JSON; files are checked while they are decoded. */
const bodies = (request: TSchema, query: typeof PredictQuery | typeof MapQuery) => ({
  content: {
    [JSON_TYPE]: { schema: request },
    ...Object.fromEntries(
      [...IMAGE_TYPES, 'application/octet-stream'].map((type) => [
        type,
        { schema: BinaryFile({ description: 'One image file.' }) },
      ]),
    ),
    [FORM_TYPE]: { schema: Type.Object({ ...query.properties, images }) },
  },
});

const PROBLEMS = problems(400, 404, 408, 413, 415, 429, 500, 503, 504);
const UNEXPLAINED = { pointer: '/explainClass', message: 'needs `explain: true`' };

/** Throws `invalid_request` if the request is not for exactly one map. */
function requireOneMap({ images, ...options }: ParsedPredictRequest): void {
  const unknown = (['topK', 'logits', 'explain'] as const).filter((name) => options[name] !== undefined);
  if (unknown.length > 0)
    throw refuseFields(
      unknown.map((name) => ({ pointer: `/${name}`, message: 'has no effect on a map: leave it out' })),
    );
  if (images.length === 1) return;
  throw new TrainyardError(
    'invalid_request',
    `One request draws the map of one image (got ${images.length}): send each image in its own.`,
  );
}

export const predictRoutes: FastifyPluginAsyncTypebox<PredictDeps> = async (app, { limits }) => {
  const { maxBodyBytes } = limits;
  await acceptImages(app, maxBodyBytes);
  limitPredictions(app, limits, async ({ query, caller, project }) => {
    const { model } = query as { model?: unknown };
    if (typeof model === 'string' && parseReference(model) !== undefined)
      await project.classifier.resolve(model, caller.signal);
  });
  const { validatorCompiler: compiler } = app;
  app.setValidatorCompiler((route) => {
    const isFile = route.httpPart === 'body' && 'contentType' in route && route.contentType !== JSON_TYPE;
    return isFile || compiler === undefined ? (value: unknown) => ({ value }) : compiler(route);
  });
  await app.register(predictRoute, { limits });
  await app.register(mapRoute, { limits });
};

const predictRoute: FastifyPluginAsyncTypebox<PredictDeps> = async (app, { limits }) => {
  app.post(
    '/predict',
    {
      bodyLimit: limits.maxBodyBytes,
      config: { scope: 'predict' },
      schema: {
        operationId: 'predict',
        tags: ['predict'],
        summary: 'Classify images',
        description: [
          'Images come as JSON (`images` in base64, or `instances` as nested numbers), as the body itself, or as files of a form.',
          'Of a body of any `image/` type, of `application/octet-stream` or of no type the first bytes say what it is.',
          "Any size and colour is brought to the model's input as its manifest's `preprocessing` says. Without `model`, the version",
          'with the label `stable` of the only model name answers; otherwise the request is refused with the names to choose from.',
          'Fields of the body go before those of the query.',
        ].join(' '),
        querystring: PredictQuery,
        headers: PredictionHeaders,
        body: bodies(PredictRequest, PredictQuery),
        response: {
          200: {
            ...PredictResponse,
            description: 'The most probable classes of each image, in the order of the images.',
          },
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const sent = await readRequest(request, reply, limits.maxBodyBytes);
      const { topK = DEFAULT_TOP_K, logits, explain = false, explainClass, ...classified } = sent;
      if (explainClass !== undefined && !explain) throw refuseFields([UNEXPLAINED]);
      const { model, outputs, explanations } = await request.project.classifier.classify(
        { ...classified, ...(explain && { explain: { label: explainClass } }) },
        request.caller,
      );
      const { source, manifest } = model;
      const { classes, temperature } = manifest;
      const options = { count: topK, withLogits: logits, temperature };
      const predictions = perImage(outputs, classes.length).map((image) => topClasses(image, classes, options));
      const maps = explanations?.map((explanation) => mapOf(explanation, classes));
      return { model: source, predictions, ...(maps && { maps }) } satisfies PredictResponse;
    },
  );
};

const mapRoute: FastifyPluginAsyncTypebox<PredictDeps> = async (app, { limits }) => {
  app.post(
    '/predict/map',
    {
      bodyLimit: limits.maxBodyBytes,
      config: { scope: 'predict' },
      schema: {
        operationId: 'drawMap',
        tags: ['predict'],
        summary: 'Draw where the network looks',
        description: [
          'Returns one image as the model sees it, with its class activation map over it (Zhou et al. 2016, arXiv:1512.04150):',
          'red speaks for the class, blue against it. The image comes as in `POST /predict`, whose `explain` returns the numbers.',
        ].join(' '),
        querystring: MapQuery,
        headers: PredictionHeaders,
        body: bodies(MapRequest, MapQuery),
        response: {
          200: {
            description: 'The image with its map, 512 pixels at most.',
            content: { 'image/png': { schema: BinaryFile() } },
          },
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const sent = await readRequest(request, reply, limits.maxBodyBytes);
      requireOneMap(sent);
      const { explainClass: label, ...classified } = sent;
      const { drawing } = await request.project.classifier.classify(
        { ...classified, explain: { label, isDrawn: true } },
        request.caller,
      );
      return reply.type('image/png').send(drawing);
    },
  );
};
