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

export class Models {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists the names of models, in order. */
  list(options: Query<'listModels'> & CallOptions = {}): Listing<ModelListItem, ModelPage> {
    return createListing(this.#transport, '/models', options, (page: ModelPage) => page.models);
  }

  /** Returns the versions and labels of a name, and its newest version. */
  get(name: string, options: Query<'getModel'> & CallOptions = {}): Promise<ModelSummary> {
    const { signal, timeoutMs, ...query } = options;
    return this.#transport.request({ signal, timeoutMs, path: pathOf`/models/${name}`, query });
  }

  /** Returns one version: manifest, scores, labels and files. */
  version(name: string, version: number, options: CallOptions = {}): Promise<ModelVersion> {
    return this.#transport.request({ ...options, path: pathOf`/models/${name}/versions/${version}` });
  }

  /** Deletes one version, or without a version the whole name. Rejects with `label_held` while a label points there. */
  delete(name: string, version?: number, options: CallOptions = {}): Promise<void> {
    const path = version === undefined ? pathOf`/models/${name}` : pathOf`/models/${name}/versions/${version}`;
    return this.#transport.request({ ...options, method: 'DELETE', path, read: nothing });
  }

  /** Returns the version that a label points to, and the label's history. */
  label(name: string, label: string, options: Query<'getLabel'> & CallOptions = {}): Promise<LabelState> {
    const { signal, timeoutMs, ...query } = options;
    const path = pathOf`/models/${name}/labels/${label}`;
    return this.#transport.request({ signal, timeoutMs, path, query });
  }

  /** Points a label to a version. `expected` and `gate` make the move conditional. */
  moveLabel(name: string, label: string, move: LabelRequest, options: CallOptions = {}): Promise<LabelState> {
    return this.#transport.request({
      ...options,
      method: 'PUT',
      path: pathOf`/models/${name}/labels/${label}`,
      body: jsonBody(move),
      // Once a conditional move has succeeded, its repetition fails.
      retry: !('expected' in move || 'gate' in move),
    });
  }

  removeLabel(name: string, label: string, options: CallOptions = {}): Promise<LabelState> {
    const path = pathOf`/models/${name}/labels/${label}`;
    return this.#transport.request({ ...options, method: 'DELETE', path });
  }

  /** Points a label back to its previous version. */
  rollback(name: string, label: string, options: CallOptions = {}): Promise<LabelState> {
    const path = pathOf`/models/${name}/labels/${label}/rollback`;
    return this.#transport.request({ ...options, method: 'POST', path });
  }

  /** Returns the most probable classes of each image. */
  predict(images: ImageInput | readonly ImageInput[], options: PredictOptions = {}): Promise<PredictResponse> {
    const { signal, timeoutMs, ...query } = options;
    const { fetch } = this.#transport.settings;
    const list = Array.isArray(images) ? (images as readonly ImageInput[]) : [images as ImageInput];
    const body = () => imageBody(list, { fetch, signal });
    const call = { signal, timeoutMs, query, body, retry: true, read: json<PredictResponse> };
    return this.#transport.request({ ...call, method: 'POST', path: '/predict' });
  }

  /** Returns the evaluation of a version, or undefined if the version has none. */
  async evaluation(name: string, version: number, options: CallOptions = {}): Promise<Evaluation | undefined> {
    const path = pathOf`/models/${name}/versions/${version}/evaluation`;
    try {
      return await this.#transport.request({ ...options, path, read: json<Evaluation> });
    } catch (error) {
      if (isTrainyardError(error) && error.code === 'evaluation_not_found') return undefined;
      throw error;
    }
  }

  /** Returns one of the most confused test images, as a PNG. */
  evaluationImage(name: string, version: number, image: number, options: CallOptions = {}): Promise<Blob> {
    const path = pathOf`/models/${name}/versions/${version}/evaluation/images/${image}`;
    const headers = { accept: 'image/png' };
    return this.#transport.request({ ...options, path, headers, read: (response) => response.blob() });
  }

  /** Returns the model card in Markdown. */
  card(name: string, version: number, options: CallOptions = {}): Promise<string> {
    const path = pathOf`/models/${name}/versions/${version}/card`;
    const headers = { accept: 'text/markdown' };
    return this.#transport.request({ ...options, path, headers, read: (response) => response.text() });
  }
}
