/** Calls under /models, and /predict. */
import { isTrainyardError } from './client-errors.js';
import type {
  CallOptions,
  Evaluation,
  LabelRequest,
  LabelState,
  ModelListItem,
  ModelPage,
  ModelSummary,
  ModelVersion,
  PredictResponse,
  Query,
} from './client-types.js';
import { type ImageInput, imageBody } from './image-input.js';
import { createListing, type Listing } from './listing.js';
import { json, jsonBody, nothing, pathOf, type Transport } from './transport.js';

export type PredictOptions = Query<'predict'> & CallOptions;

export type Models = ReturnType<typeof createModels>;

export function createModels({ request, settings }: Transport) {
  const version = (name: string, number: number, options: CallOptions = {}): Promise<ModelVersion> =>
    request({ ...options, path: pathOf`/models/${name}/versions/${number}`, read: json<ModelVersion> });

  return {
    /** Lists the names of models, in order. */
    list: ({
      signal,
      timeoutMs,
      ...query
    }: Query<'listModels'> & CallOptions = {}): Listing<ModelListItem, ModelPage> =>
      createListing(
        ({ signal, timeoutMs, ...query }) =>
          request({ signal, timeoutMs, path: '/models', query, read: json<ModelPage> }),
        (page) => page.models,
        { signal, timeoutMs, ...query },
      ),

    /** Returns the versions and labels of a name, and its newest version. */
    get: (name: string, { signal, timeoutMs, ...query }: Query<'getModel'> & CallOptions = {}) =>
      request({ signal, timeoutMs, path: pathOf`/models/${name}`, query, read: json<ModelSummary> }),

    /** Returns one version: manifest, scores, labels and files. */
    version,

    /** Deletes one version, or without a version the whole name. Rejects with `label_held` while a label points there. */
    delete: (name: string, number?: number, options: CallOptions = {}): Promise<void> => {
      const path = number === undefined ? pathOf`/models/${name}` : pathOf`/models/${name}/versions/${number}`;
      return request({ ...options, method: 'DELETE', path, read: nothing });
    },

    /** Returns the version that a label points to, and the label's history. */
    label: (name: string, label: string, { signal, timeoutMs, ...query }: Query<'getLabel'> & CallOptions = {}) =>
      request({ signal, timeoutMs, path: pathOf`/models/${name}/labels/${label}`, query, read: json<LabelState> }),

    /** Points a label to a version. `expected` and `gate` make it conditional. */
    moveLabel: (name: string, label: string, move: LabelRequest, options: CallOptions = {}) =>
      request({
        ...options,
        method: 'PUT',
        path: pathOf`/models/${name}/labels/${label}`,
        body: jsonBody(move),
        // A repeated conditional move would fail because of the first one.
        retry: !('expected' in move || 'gate' in move),
        read: json<LabelState>,
      }),

    removeLabel: (name: string, label: string, options: CallOptions = {}) =>
      request({ ...options, method: 'DELETE', path: pathOf`/models/${name}/labels/${label}`, read: json<LabelState> }),

    /** Points a label back to its previous version. */
    rollback: (name: string, label: string, options: CallOptions = {}) =>
      request({
        ...options,
        method: 'POST',
        path: pathOf`/models/${name}/labels/${label}/rollback`,
        read: json<LabelState>,
      }),

    /** Returns the most probable classes of each image. */
    predict: (
      images: ImageInput | readonly ImageInput[],
      { signal, timeoutMs, ...query }: PredictOptions = {},
    ): Promise<PredictResponse> =>
      request({
        signal,
        timeoutMs,
        method: 'POST',
        path: '/predict',
        query,
        body: () =>
          imageBody(Array.isArray(images) ? images : [images as ImageInput], { fetch: settings.fetch, signal }),
        retry: true,
        read: json<PredictResponse>,
      }),

    /** Returns the evaluation of a version, or undefined if the version has none. */
    evaluation: (name: string, number: number, options: CallOptions = {}): Promise<Evaluation | undefined> =>
      request({
        ...options,
        path: pathOf`/models/${name}/versions/${number}/evaluation`,
        read: json<Evaluation>,
      }).catch((error: unknown) => {
        if (isTrainyardError(error) && error.code === 'evaluation_not_found') return undefined;
        throw error;
      }),

    /** Returns one of the most confused test images, as a PNG. */
    evaluationImage: (name: string, number: number, image: number, options: CallOptions = {}): Promise<Blob> =>
      request({
        ...options,
        path: pathOf`/models/${name}/versions/${number}/evaluation/images/${image}`,
        headers: { accept: 'image/png' },
        read: (response) => response.blob(),
      }),

    /** Returns the model card in Markdown. */
    card: (name: string, number: number, options: CallOptions = {}): Promise<string> =>
      request({
        ...options,
        path: pathOf`/models/${name}/versions/${number}/card`,
        headers: { accept: 'text/markdown' },
        read: (response) => response.text(),
      }),
  };
}
