/** The part of a model that the predictor process needs, the choice of its graph file, and the cache key of that file. */
import { join } from 'node:path';
import type { PredictableManifest } from '../contracts/models/model.js';
import type { GraphRuntime, LoadedGraph, PredictorCommand } from '../contracts/processes/trainer-messages.js';
import type { PredictionSource } from '../contracts/references/reference.js';
import type { ResolvedModel } from './resolver.js';

/** The part of a resolved model that a prediction needs. */
export type PredictableModel = Pick<ResolvedModel, 'source' | 'folder'> &
  Readonly<{ manifest: Pick<PredictableManifest, 'files' | 'preprocessing' | 'classes' | 'spec'> }>;

/** Device on which TensorFlow computes. */
export type PredictorDevice = 'cpu' | 'cuda';

/** A model in a batch. Requests with the same `key` can share a batch. */
export type BatchModel = Readonly<{
  key: string;
  source: PredictionSource;
  folder: string;
  classes: number;
  command: Omit<PredictorCommand, 'id' | 'pixels'>;
}>;

/** Graph of a model that a batch runs: that of the predictions, or that of the class activation maps. */
export type GraphPurpose = 'predict' | 'explain';

type GraphFile = Readonly<{ runtime: GraphRuntime; path: string; sha256: string }>;

export function batchModelOf(
  model: PredictableModel,
  device: PredictorDevice,
  purpose: GraphPurpose = 'predict',
): BatchModel {
  const { source, manifest, folder } = model;
  const { files, preprocessing, classes, spec } = manifest;
  const { height, width, channels } = preprocessing;
  const graph = purpose === 'predict' ? graphOf(model, device) : explainerOf(model);
  const explained = { spec, preprocessing, classes: classes.length };
  return {
    key: keyOf(graph),
    source,
    folder,
    classes: classes.length,
    command: {
      type: 'predict',
      ...graph,
      golden: files.golden && { path: join(folder, files.golden.path), sha256: files.golden.sha256 },
      precision: spec.precision,
      shape: [0, height, width, channels],
      ...(purpose === 'explain' && { explained }),
    },
  };
}

/**
 * Returns the graph file to load: ONNX Runtime's if it is the faster runtime, on a CPU in float32, else TensorFlow's. Old models
 * have no ONNX file.
 */
export function graphOf(
  { folder, manifest: { files, spec } }: Pick<PredictableModel, 'folder' | 'manifest'>,
  device: PredictorDevice,
): GraphFile {
  const isOnnx = device === 'cpu' && spec.precision === 'float32' && files.onnx !== undefined;
  const { path, sha256 } = isOnnx && files.onnx ? files.onnx : files.savedModel;
  return { runtime: isOnnx ? 'onnxruntime' : 'tensorflow', path: join(folder, path), sha256 };
}

/** Returns the weights file, from which a predictor builds the graph of class activation maps. */
export function explainerOf({ folder, manifest: { files } }: Pick<PredictableModel, 'folder' | 'manifest'>) {
  const { path, sha256 } = files.weights;
  return { runtime: 'explainer', path: join(folder, path), sha256 } as const;
}

/** Returns the cache key of a graph file. It has the digest in it, so a replaced file is another graph. */
export const keyOf = ({ path, sha256 }: Pick<LoadedGraph, 'path' | 'sha256'>): string => `${sha256} ${path}`;
