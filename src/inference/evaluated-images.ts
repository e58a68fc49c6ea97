/** Test images of evaluations: lists by class, and the comparison of two versions image by image. */
import { LRUCache } from 'lru-cache';
import type {
  ComparisonQuery,
  EvaluationComparison,
  TestPredictionPage,
  TestPredictionQuery,
} from '../contracts/models/test-image.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { decodePredictions, type TestPredictions } from '../formats/test-predictions.js';
import type { ModelStore, StoredModel } from '../store/index.js';

/** Maximum number of bytes of decoded predictions in memory. */
const MAX_BYTES = 64 * 2 ** 20;

/** Returns a reader of the predictions of a model's test images. Undefined if the model has none. Caches them by their digest. */
export function createPredictionReader(store: Pick<ModelStore, 'readFile'>) {
  const cache = new LRUCache<string, TestPredictions>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ images }) => 16 * images.length + 1,
  });
  return async (model: StoredModel): Promise<TestPredictions | undefined> => {
    const { files, classes } = model.manifest;
    const key = `${files.predictions?.sha256} ${classes.length}`;
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const file = await store.readFile(model, 'predictions');
    if (file === undefined) return undefined;
    const predictions = decodePredictions(file, classes.length);
    cache.set(key, predictions);
    return predictions;
  };
}

type Rows = Readonly<{ rows: number[]; total: number; nextCursor?: string }>;

/** Returns one page of the rows that fit, and the number of all rows that fit. The cursor is the number of rows that were visited. */
function pageOf(
  length: number,
  { limit, cursor }: Readonly<{ limit: number; cursor?: string | undefined }>,
  rowAt: (place: number) => number,
  fits: (row: number) => boolean,
): Rows {
  const begin = Number(cursor ?? 0);
  const rows: number[] = [];
  let [total, end] = [0, length];
  for (let place = 0; place < length; place++) {
    const row = rowAt(place);
    if (!fits(row)) continue;
    total += 1;
    if (place < begin) continue;
    if (rows.length < limit) rows.push(row);
    else end = Math.min(end, place);
  }
  return { rows, total, ...(end < length && { nextCursor: String(end) }) };
}

/** Lists the images that a query selects, by the probability of their predicted class. Throws `invalid_request`. */
export function listImages(
  { manifest: { classes } }: Readonly<{ manifest: Pick<StoredModel['manifest'], 'classes'> }>,
  { images, labels, predicted, probabilities }: TestPredictions,
  query: TestPredictionQuery,
): Omit<TestPredictionPage, 'pictures'> {
  const actual = query.actual && classIndex(classes, 'actual', query.actual);
  const answer = query.predicted && classIndex(classes, 'predicted', query.predicted);
  const { length } = images;
  const rowAt = query.order === 'ascending' ? (place: number) => length - 1 - place : (place: number) => place;
  const { rows, ...rest } = pageOf(length, query, rowAt, (row) => {
    if (actual !== undefined && labels[row] !== actual) return false;
    if (answer !== undefined && predicted[row] !== answer) return false;
    return query.correct === undefined || (labels[row] === predicted[row]) === query.correct;
  });
  return {
    ...rest,
    images: rows.map((row) => ({
      image: images[row] ?? 0,
      actual: classes[labels[row] ?? 0] ?? '',
      predicted: classes[predicted[row] ?? 0] ?? '',
      probability: probabilities[row] ?? 0,
    })),
  };
}

function classIndex(classes: readonly string[], name: string, wanted: string): number {
  const index = classes.indexOf(wanted);
  if (index >= 0) return index;
  const message = `is not a class of this model: "${wanted.slice(0, 200)}". \`classes\` of its manifest lists them`;
  throw new TrainyardError('invalid_request', `?${name} ${message}.`, { errors: [{ pointer: `?${name}`, message }] });
}

/** A version with its predictions. */
export type Predicted = Readonly<{ model: StoredModel; predictions: TestPredictions }>;

/** Compares two versions image by image. Throws `evaluation_mismatch` unless both have the same labels for the same images. */
export function compareImages(
  after: Predicted,
  before: Predicted,
  query: Pick<ComparisonQuery, 'change' | 'limit' | 'cursor'>,
): Omit<EvaluationComparison, 'pictures'> {
  const { classes } = after.model.manifest;
  const { images, labels, predicted, probabilities } = after.predictions;
  const rowBefore = matchRows(after, before);
  const counts = { bothRight: 0, fixed: 0, broken: 0, bothWrong: 0 };
  const changeOf = (row: number): keyof typeof counts => {
    const isRight = predicted[row] === labels[row];
    const wasRight = before.predictions.predicted[rowBefore[row] ?? 0] === labels[row];
    if (isRight) return wasRight ? 'bothRight' : 'fixed';
    return wasRight ? 'broken' : 'bothWrong';
  };
  const {
    rows,
    total: _,
    ...next
  } = pageOf(
    images.length,
    query,
    (row) => row,
    (row) => {
      const change = changeOf(row);
      counts[change] += 1;
      return query.change === 'any' ? change === 'fixed' || change === 'broken' : change === query.change;
    },
  );
  const answer = ({ predictions }: Predicted, row: number) => ({
    predicted: classes[predictions.predicted[row] ?? 0] ?? '',
    probability: predictions.probabilities[row] ?? 0,
  });
  const { name, version } = before.model.manifest;
  return {
    with: { name, version },
    ...counts,
    pValue: mcNemar(counts.fixed, counts.broken),
    images: rows.map((row) => ({
      image: images[row] ?? 0,
      actual: classes[labels[row] ?? 0] ?? '',
      before: answer(before, rowBefore[row] ?? 0),
      after: { predicted: classes[predicted[row] ?? 0] ?? '', probability: probabilities[row] ?? 0 },
    })),
    ...next,
  };
}

/** Returns for each row of `after` the row of the same image in `before`. Throws `evaluation_mismatch`. */
function matchRows(after: Predicted, before: Predicted): Int32Array {
  const [one, other] = [after.predictions, before.predictions];
  const refuse = (why: string): never => {
    const [a, b] = [after, before].map(({ model }) => referenceOf(model.manifest));
    throw new TrainyardError('evaluation_mismatch', `${a} and ${b} cannot be compared image by image: ${why}.`);
  };
  if (JSON.stringify(after.model.manifest.classes) !== JSON.stringify(before.model.manifest.classes))
    return refuse('their classes differ');
  if (one.images.length !== other.images.length)
    return refuse(`they were evaluated on ${one.images.length} and ${other.images.length} test images`);
  const rowOf = new Int32Array(other.images.length);
  for (const [row, image] of other.images.entries()) rowOf[image] = row;
  const rows = one.images.map((image) => rowOf[image] ?? 0);
  if (rows.some((row, index) => other.labels[row] !== one.labels[index]))
    return refuse('their test images have different labels');
  return rows;
}

/** Two-sided exact McNemar test: probability of at least this imbalance of `a` and `b` if both are equally likely. */
export function mcNemar(a: number, b: number): number {
  const total = a + b;
  let logTerm = -total * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((total - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}

const referenceOf = ({ name, version }: ModelReference): string => `${name}@${version}`;
