/** Calls under /models, and /predict. */
import type { LinkedAbort } from './abort.js';
import { chunksOf, streamOf } from './byte-streams.js';
import { isTrainyardError } from './client-errors.js';
import type { ClientSettings } from './client-settings.js';
import type {
  CallOptions,
  Evaluation,
  ExportFormat,
  LabelRequest,
  LabelState,
  ModelImport,
  ModelListItem,
  ModelPage,
  ModelSummary,
  ModelVersion,
  PredictResponse,
  Query,
} from './client-types.js';
import { type ImageInput, imageBody } from './image-input.js';
import { createListing, type Listing } from './listing.js';
import { requireFiles } from './platform-files.js';
import { json, jsonBody, nothing, pathOf, type Transport, unreachable } from './transport.js';

export type PredictOptions = Query<'predict'> & CallOptions;

export type ExportOptions = Query<'exportModel'> & Readonly<{ format: ExportFormat }> & CallOptions;

/** A model as a file for other tools. */
export type ModelExport = Readonly<{
  stream: ReadableStream;
  fileName: string;
  /** Bytes of the whole file. */
  size?: number;
  /** SHA-256 of the file, in hexadecimal. */
  sha256?: string;
}>;

/** A safetensors file: its bytes, or its path (not in browsers). */
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

  /** Opens an export. Read the stream to its end, or cancel it: until then its connection stays open. */
  async export(name: string, version: number, options: ExportOptions): Promise<ModelExport> {
    const { signal, timeoutMs, ...query } = options;
    const path = pathOf`/models/${name}/versions/${version}/export`;
    const read = async (response: Response, attempt: LinkedAbort) => exportOf(response, attempt, this.#transport);
    const headers = { accept: '*/*' };
    return this.#transport.request({ signal, timeoutMs, path, query, headers, streams: true, read });
  }

  /** Imports a safetensors file with PyTorch's names as a new version. */
  import(spec: ModelImport, weights: WeightsInput, options: CallOptions = {}): Promise<ModelVersion> {
    const body = async () => {
      const content = new FormData();
      content.append('spec', JSON.stringify(spec));
      content.append('weights', await weightsBlob(weights), 'weights.safetensors');
      return { content };
    };
    const timeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
    return this.#transport.request({ ...options, timeoutMs, method: 'POST', path: '/models', body });
  }
}

const weightsBlob = async (weights: WeightsInput): Promise<Blob> => {
  if (weights instanceof Blob) return weights;
  if (typeof weights === 'string' || weights instanceof URL) return new Blob([await requireFiles().readFile(weights)]);
  return new Blob([weights as ArrayBuffer]);
};

function exportOf({ headers, body }: Response, attempt: LinkedAbort, { settings }: Transport): ModelExport {
  const fileName = /filename="([^"]*)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? 'model';
  const size = headers.get('content-length');
  const stream = streamOf(download(body as ReadableStream, attempt, settings), {
    onCancel: () => attempt.abort(),
  });
  const sha256 = headers.get('etag')?.replaceAll('"', '');
  return { stream, fileName, ...(size !== null && { size: Number(size) }), ...(sha256 !== undefined && { sha256 }) };
}

/** Yields the bytes of an answer. Throws a ConnectionError if they end early. */
async function* download(body: ReadableStream, attempt: LinkedAbort, settings: ClientSettings) {
  try {
    yield* chunksOf(body);
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : unreachable(settings, error);
  } finally {
    attempt.release();
  }
}
