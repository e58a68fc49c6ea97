/** Route POST /predict: classifies images. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import {
  DEFAULT_TOP_K,
  PredictQuery,
  PredictRequest,
  PredictResponse,
} from '../../contracts/prediction/prediction-messages.js';
import { parseReference } from '../../contracts/references/reference.js';
import type { Classifier } from '../../inference/classifier.js';
import { FORM_TYPE, JSON_TYPE } from '../http/bodies/media-type.js';
import { problems } from '../http/openapi.js';
import { acceptImages, IMAGE_TYPES, readRequest } from '../prediction/predict-body.js';
import { limitPredictions, PredictionHeaders, type PredictionLimits } from '../prediction/scope.js';
import { perImage, topClasses } from '../prediction/top-classes.js';

export type PredictDeps = Readonly<{ classifier: Classifier; limits: PredictionLimits }>;

const form = Type.Object({
  model: PredictQuery.properties.model,
  topK: PredictQuery.properties.topK,
  flip: PredictQuery.properties.flip,
  logits: PredictQuery.properties.logits,
  images: Type.Array(BinaryFile(), {
    description: 'PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files, in fields of any name.',
  }),
});

/** A schema validates only JSON bodies; files are checked while they are decoded. */
const body = {
  content: {
    [JSON_TYPE]: { schema: PredictRequest },
    ...Object.fromEntries(
      [...IMAGE_TYPES, 'application/octet-stream'].map((type) => [
        type,
        { schema: BinaryFile({ description: 'One image file.' }) },
      ]),
    ),
    [FORM_TYPE]: { schema: form },
  },
};

export const predictRoutes: FastifyPluginAsyncTypebox<PredictDeps> = async (app, { classifier, limits }) => {
  const { maxBodyBytes } = limits;
  await acceptImages(app, maxBodyBytes);
  limitPredictions(app, limits, async ({ query, caller }) => {
    const { model } = query as { model?: unknown };
    if (typeof model === 'string' && parseReference(model) !== undefined)
      await classifier.resolve(model, caller.signal);
  });
  const { validatorCompiler } = app;

  app.post(
    '/predict',
    {
      bodyLimit: maxBodyBytes,
      validatorCompiler: (route) => {
        const isFile = route.httpPart === 'body' && route.contentType !== JSON_TYPE;
        return isFile || validatorCompiler === undefined ? (value: unknown) => ({ value }) : validatorCompiler(route);
      },
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
        body,
        response: {
          200: {
            ...PredictResponse,
            description: 'The most probable classes of each image, in the order of the images.',
          },
          ...problems(400, 404, 408, 413, 415, 429, 500, 503, 504),
        },
      },
    },
    async (request, reply): Promise<PredictResponse> => {
      const { topK = DEFAULT_TOP_K, logits, ...classified } = await readRequest(request, reply, maxBodyBytes);
      const { model, outputs } = await classifier.classify(classified, request.caller);
      const { source, manifest } = model;
      const { classes, temperature } = manifest;
      const options = { count: topK, withLogits: logits, temperature };
      const predictions = perImage(outputs, classes.length).map((image) => topClasses(image, classes, options));
      return { model: source, predictions };
    },
  );
};
