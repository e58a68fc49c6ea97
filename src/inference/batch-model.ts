/** What of a model crosses to the predictor process, which of its graphs that is, and the key that says which one. */
import { join } from 'node:path';
import type { ServedManifest } from '../contracts/models/model.js';
import type { GraphRuntime, LoadedGraph } from '../contracts/processes/trainer.js';
import type { BatchModel } from './batch-queue.js';
import type { ResolvedModel } from './resolver.js';

/** What of a model is needed to ask it. */
export type PredictableModel = Pick<ResolvedModel, 'source' | 'folder'> &
  Readonly<{ manifest: Pick<ServedManifest, 'files' | 'preprocessing' | 'classes' | 'spec'> }>;

/** What TensorFlow computes on. */
export type PredictorDevice = 'cpu' | 'cuda';

type GraphFile = Readonly<{ runtime: GraphRuntime; path: string; sha256: string }>;

export function batchModelOf(model: PredictableModel, device: PredictorDevice): BatchModel {
  const { source, manifest, folder } = model;
  const { files, preprocessing, classes, spec } = manifest;
  const { height, width, channels } = preprocessing;
  const graph = graphOf(model, device);
  return {
    key: keyOf(graph),
    source,
    classes: classes.length,
    command: {
      type: 'predict',
      ...graph,
      golden: files.golden && { path: join(folder, files.golden.path), sha256: files.golden.sha256 },
      precision: spec.precision,
      shape: [0, height, width, channels],
    },
  };
}

/** ONNX Runtime where it is the faster: on a CPU, in float32. Models of before it lack its file. */
export function graphOf(
  { folder, manifest: { files, spec } }: Pick<PredictableModel, 'folder' | 'manifest'>,
  device: PredictorDevice,
): GraphFile {
  const isOnnx = device === 'cpu' && spec.precision === 'float32' && files.onnx !== undefined;
  const { path, sha256 } = isOnnx && files.onnx ? files.onnx : files.savedModel;
  return { runtime: isOnnx ? 'onnxruntime' : 'tensorflow', path: join(folder, path), sha256 };
}

/** A file whose content was replaced is another graph. */
export const keyOf = ({ path, sha256 }: Pick<LoadedGraph, 'path' | 'sha256'>): string => `${sha256} ${path}`;
