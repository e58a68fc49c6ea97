/** Calls under /models, and /predict. */
import type { LinkedAbort } from './abort.js';
import { unless } from './client-errors.js';
import type {
  CallOptions,
  Evaluation,
  EvaluationComparison,
  ExportFormat,
  LabelPlan,
  LabelRequest,
  LabelState,
  ModelImport,
  ModelListItem,
  ModelPage,
  ModelSummary,
  ModelVersion,
  PredictResponse,
  Query,
  TestPrediction,
  TestPredictionPage,
} from './client-types.js';
import { downloadOf } from './download.js';
import { type ImageInput, type ImportSamples, imageBody, importForm } from './image-input.js';
import { createListing, type Listing } from './listing.js';
import { AS_PNG, nothing, pathOf, type Transport } from './transport.js';

export type PredictOptions = Query<'predict'> & CallOptions;
export type DrawMapOptions = Query<'drawMap'> & CallOptions;

export type ModelImportOptions = CallOptions &
  Readonly<{
    /** Up to 8 images, 16 MiB together, with the logits that the origin of the weights computed for them, before the softmax. */
    samples?: ImportSamples | undefined;
  }>;

export type ExportOptions = Query<'exportModel'> & Readonly<{ format: ExportFormat }> & CallOptions;

/** A model as a file for other tools. */
export type ModelExport = Readonly<{
  stream: ReadableStream<Uint8Array>;
  /** Name that the service gives the file. `model` if a proxy has removed the header. */
  fileName: string;
  /** Bytes of the whole file. Undefined if a proxy has removed the header. */
  size: number | undefined;
  /** SHA-256 of the file, in hexadecimal. Undefined if a proxy has removed the header. */
  sha256: string | undefined;
}>;

/** A safetensors or PyTorch file: its bytes, or its path (not in browsers). */
export type WeightsInput = Blob | Uint8Array | ArrayBuffer | string | URL;

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
    return this.#transport.request(pathOf`/models/${name}`, options);
  }

  /** Returns one version: manifest, scores, labels and files. */
  version(name: string, version: number, options: CallOptions = {}): Promise<ModelVersion> {
    return this.#transport.request(pathOf`/models/${name}/versions/${version}`, options);
  }

  /** Deletes one version, or without a version the whole name. Rejects with `label_held` while a label points there. */
  delete(name: string, version?: number, options: CallOptions = {}): Promise<void> {
    const path = version === undefined ? pathOf`/models/${name}` : pathOf`/models/${name}/versions/${version}`;
    return this.#transport.request(path, options, { method: 'DELETE', read: nothing });
  }

  /** Returns the version that a label points to, and the label's history. */
  label(name: string, label: string, options: Query<'getLabel'> & CallOptions = {}): Promise<LabelState> {
    return this.#transport.request(pathOf`/models/${name}/labels/${label}`, options);
  }

  /** Points a label to a version. `expected` and `gate` make the move conditional. */
  moveLabel(name: string, label: string, move: LabelRequest, options: CallOptions = {}): Promise<LabelState> {
    return this.#transport.request(pathOf`/models/${name}/labels/${label}`, options, {
      method: 'PUT',
      json: move,
      // Once a conditional move has succeeded, its repetition fails.
      retry: !('expected' in move || 'gate' in move),
    });
  }

  /** Returns whether `moveLabel` would move the label now, and why not. Moves nothing. */
  planLabelMove(name: string, label: string, move: LabelRequest, options: CallOptions = {}): Promise<LabelPlan> {
    return this.#transport.request(pathOf`/models/${name}/labels/${label}/plan`, options, {
      method: 'POST',
      json: move,
      retry: true,
    });
  }

  removeLabel(name: string, label: string, options: CallOptions = {}): Promise<LabelState> {
    return this.#transport.request(pathOf`/models/${name}/labels/${label}`, options, { method: 'DELETE' });
  }

  /** Points a label back to its previous version. */
  rollback(name: string, label: string, options: CallOptions = {}): Promise<LabelState> {
    return this.#transport.request(pathOf`/models/${name}/labels/${label}/rollback`, options, { method: 'POST' });
  }

  /** Returns the most probable classes of each image. */
  predict(images: ImageInput | readonly ImageInput[], options: PredictOptions = {}): Promise<PredictResponse> {
    const list = Array.isArray(images) ? (images as readonly ImageInput[]) : [images as ImageInput];
    return this.#transport.request('/predict', options, this.#send(list, options));
  }

  /** Returns an image as the model sees it, as a PNG, with the map of where the network looks over it: 512 pixels at most. */
  drawMap(image: ImageInput, options: DrawMapOptions = {}): Promise<Blob> {
    return this.#transport.request('/predict/map', options, { ...this.#send([image], options), ...AS_PNG });
  }

  /** Returns the call that sends images. */
  #send(images: readonly ImageInput[], { signal }: CallOptions) {
    const { fetch } = this.#transport.settings;
    return { method: 'POST', body: () => imageBody(images, { fetch, signal }), retry: true } as const;
  }

  /** Returns the evaluation of a version, or undefined if the version has none. */
  evaluation(name: string, version: number, options: CallOptions = {}): Promise<Evaluation | undefined> {
    const path = pathOf`/models/${name}/versions/${version}/evaluation`;
    return unless('evaluation_not_found', this.#transport.request<Evaluation>(path, options));
  }

  /** Lists the test images with their predictions, by the probability of the predicted class. */
  evaluationImages(
    name: string,
    version: number,
    options: Query<'listEvaluationImages'> & CallOptions = {},
  ): Listing<TestPrediction, TestPredictionPage> {
    return createListing(
      this.#transport,
      pathOf`/models/${name}/versions/${version}/evaluation/images`,
      options,
      (page: TestPredictionPage) => page.images,
    );
  }

  /** Compares a version with another one (`with`), image by image. Rejects with `evaluation_mismatch` if their test images differ. */
  compareEvaluations(
    name: string,
    version: number,
    options: Query<'compareEvaluations'> & Readonly<{ with: string }> & CallOptions,
  ): Promise<EvaluationComparison> {
    return this.#transport.request(pathOf`/models/${name}/versions/${version}/evaluation/comparison`, options);
  }

  /** Returns one of the most confused test images, as a PNG. */
  evaluationImage(name: string, version: number, image: number, options: CallOptions = {}): Promise<Blob> {
    return this.#transport.request(
      pathOf`/models/${name}/versions/${version}/evaluation/images/${image}`,
      options,
      AS_PNG,
    );
  }

  /** Returns the model card in Markdown. */
  card(name: string, version: number, options: CallOptions = {}): Promise<string> {
    const path = pathOf`/models/${name}/versions/${version}/card`;
    return this.#transport.request(path, options, { accept: 'text/markdown', read: (response) => response.text() });
  }

  /** Opens an export. Read the stream to its end, or cancel it: until then its connection stays open. */
  async export(name: string, version: number, options: ExportOptions): Promise<ModelExport> {
    const path = pathOf`/models/${name}/versions/${version}/export`;
    const read = async (response: Response, attempt: LinkedAbort) => exportOf(response, attempt, this.#transport);
    return this.#transport.request(path, options, { accept: '*/*', streams: true, read });
  }

  /**
   * Imports a safetensors or PyTorch file as a new version. Without `weights`, the service fetches the file that `spec.weights` names by
   * `url` and `sha256`, or by `path`. With `samples`, the service refuses weights whose predictions do not reproduce the logits.
   */
  import(spec: ModelImport, weights?: WeightsInput, options: ModelImportOptions = {}): Promise<ModelVersion> {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY, samples } = options;
    const isForm = weights !== undefined || samples !== undefined;
    const { fetch } = this.#transport.settings;
    const body = () => importForm(spec, samples ?? {}, weights, { fetch, signal });
    return this.#transport.request(
      '/models',
      { signal, timeoutMs },
      { method: 'POST', ...(isForm ? { body } : { json: spec }) },
    );
  }
}

function exportOf({ headers, body }: Response, attempt: LinkedAbort, transport: Transport): ModelExport {
  const fileName = /filename="([^"]*)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? 'model';
  const size = headers.get('content-length');
  const stream = downloadOf(body, attempt, transport);
  const sha256 = /[\da-f]{64}/.exec(headers.get('etag') ?? '')?.[0];
  return { stream, fileName, size: size === null ? undefined : Number(size), sha256 };
}
