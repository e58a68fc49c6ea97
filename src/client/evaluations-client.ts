/** Calls about evaluations of models on data sets. */
import { delay } from './abort.js';
import type {
  CallOptions,
  DatasetComparison,
  DatasetEvaluation,
  DatasetEvaluationDetails,
  DatasetEvaluationPage,
  DatasetEvaluationRequest,
  EvaluatedImagePage,
  Query,
  TestPrediction,
} from './client-types.js';
import { type SubmitOptions, submitTo } from './jobs-client.js';
import { createListing, type Listing } from './listing.js';
import { nothing, pathOf, type Transport } from './transport.js';

/** Names an evaluation: an evaluation itself will do. */
export type EvaluationName = Readonly<{ id: string; model: Readonly<{ name: string; version: number }> }>;

export type EvaluationWaitOptions = CallOptions &
  Readonly<{
    /** Called with the evaluation each time it is read, about once a second. */
    onProgress?: ((evaluation: DatasetEvaluation) => void) | undefined;
  }>;

/** Interval between two reads of an evaluation that is awaited, in ms. */
const POLL_MS = 1_000;

/** Returns the path of an evaluation. */
const at = ({ id, model: { name, version } }: EvaluationName): string =>
  pathOf`/models/${name}/versions/${version}/evaluations/${id}`;

export class Evaluations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues an evaluation of a model (`name`, `name@3` or `name@stable`). If the answer is lost, the client repeats the request safely. */
  submit(model: string, request: DatasetEvaluationRequest, options: SubmitOptions = {}): Promise<DatasetEvaluation> {
    return submitTo(this.#transport, pathOf`/models/${model}/evaluations`, request, options);
  }

  /** Returns an evaluation; once it has succeeded with confusion, scores of each class and calibration. */
  get(evaluation: EvaluationName, options: CallOptions = {}): Promise<DatasetEvaluationDetails> {
    return this.#transport.request(at(evaluation), options);
  }

  /** Lists the evaluations of a version, newest first. */
  list(
    name: string,
    version: number,
    options: Query<'listDatasetEvaluations'> & CallOptions = {},
  ): Listing<DatasetEvaluation, DatasetEvaluationPage> {
    return createListing(
      this.#transport,
      pathOf`/models/${name}/versions/${version}/evaluations`,
      options,
      (page: DatasetEvaluationPage) => page.evaluations,
    );
  }

  /** Lists the images of an evaluation with their predictions, by the probability of the predicted class. */
  images(
    evaluation: EvaluationName,
    options: Query<'listDatasetEvaluationImages'> & CallOptions = {},
  ): Listing<TestPrediction, EvaluatedImagePage> {
    return createListing(
      this.#transport,
      `${at(evaluation)}/images`,
      options,
      (page: EvaluatedImagePage) => page.images,
    );
  }

  /** Cancels or deletes an evaluation. */
  delete(evaluation: EvaluationName, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(at(evaluation), options, { method: 'DELETE', read: nothing, retry: true });
  }

  /**
   * Compares a version with another one (`with`) by their newest evaluations on the same images. Rejects with `evaluation_not_found` or
   * `evaluation_mismatch`.
   */
  compare(
    name: string,
    version: number,
    options: Query<'compareOnDataset'> & Readonly<{ with: string; dataset: string }> & CallOptions,
  ): Promise<DatasetComparison> {
    return this.#transport.request(pathOf`/models/${name}/versions/${version}/comparison`, options);
  }
}

/** Resolves with an evaluation once it has succeeded or failed. Reads it once a second. */
export async function waitForEvaluation(
  { evaluations }: Readonly<{ evaluations: Pick<Evaluations, 'get'> }>,
  evaluation: EvaluationName,
  { onProgress, ...options }: EvaluationWaitOptions = {},
): Promise<DatasetEvaluationDetails> {
  for (;;) {
    const found = await evaluations.get(evaluation, options);
    onProgress?.(found);
    if (found.endedAt !== undefined) return found;
    await delay(POLL_MS, options.signal);
  }
}
