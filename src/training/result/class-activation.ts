/**
 * Class activation maps (Zhou et al. 2016, arXiv:1512.04150). The networks here end in a global average pool and one linear layer, so a
 * logit is the mean over the positions of the last features of Σ weight · feature, plus the bias. The map has that sum per position.
 */
import type { Outputs } from '../../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../../errors/errors.js';
import { elements, Graph, type Tensor } from '../../graph/graph.js';
import { loadGraph } from '../../graph/load.js';
import { channels, reshape } from '../../graph/ops.js';
import { buildNetwork } from '../../networks/index.js';
import { networkInput, resolveNormalization } from '../step/preprocessing.js';
import { type GraphManifest, readStoredWeights } from './stored-weights.js';

/** Images × height × width × channels bytes, and the class of each image whose map is wanted. */
type ExplainedPixels = Readonly<{ shape: readonly number[]; values: Uint8Array; targets: Int32Array }>;

export type Explainer = ReturnType<typeof openExplainer>;

/** Loads a graph in float32 that computes the outputs of a model and its class activation maps. Loads TensorFlow. */
export function openExplainer(manifest: GraphManifest, weightsFile: Uint8Array) {
  const { logits, probabilities, maps, features, bias } = buildExplainingGraph(manifest, weightsFile);
  const session = loadGraph([logits, probabilities, maps]);
  const [, height = 1, width = 1] = features.shape;
  return {
    run({ shape, values, targets }: ExplainedPixels): Outputs {
      const feeds = {
        images: { dtype: 'uint8', shape, values },
        targets: { dtype: 'int32', shape: [targets.length], values: targets },
      } as const;
      const fetched = session.run(
        feeds,
        [logits, probabilities, maps].map(({ node }) => node.name),
      );
      const [logitValues, probabilityValues, mapValues] = fetched as [Float32Array, Float32Array, Float32Array];
      return {
        logits: logitValues,
        probabilities: probabilityValues,
        maps: { height, width, values: mapValues, biases: Float32Array.from(targets, (target) => bias[target] ?? 0) },
      };
    },
    close: session.close,
  };
}

function buildExplainingGraph(manifest: GraphManifest, weightsFile: Uint8Array) {
  const { preprocessing, classes } = manifest;
  const { spec, weights } = readStoredWeights(manifest, weightsFile);
  const { height, width, channels: depth } = preprocessing;
  const graph = new Graph({ weights });
  const images = graph.placeholder('images', 'uint8', [-1, height, width, depth]);
  const targets = graph.placeholder('targets', 'int32', [-1]);
  const input = networkInput(images, spec.dataset.resize, resolveNormalization(spec.normalization, preprocessing));
  const logits = buildNetwork(spec, input, classes);
  const probabilities = graph.op('Softmax', [logits], { T: 'float32' }, logits.shape, { name: 'probabilities' });
  const features = pooledFeatures(graph);
  const { weight, bias } = linearLayer(graph, classes);
  return { logits, probabilities, features, bias, maps: mapsOf(features, weight, targets) };
}

/** Images × positions: for each image, features (height·width × channels) times the weights of its target class. */
function mapsOf(features: Tensor, weight: Tensor, targets: Tensor): Tensor {
  const { graph } = features;
  const [, height = 1, width = 1] = features.shape;
  const positions = height * width;
  const rows = reshape(features, [-1, positions, channels(features)]);
  const gathered = graph.op(
    'GatherV2',
    [weight, targets, graph.constant(1, 'int32')],
    { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32', batch_dims: 0 },
    [channels(features), -1],
  );
  // The images of a batch have different targets, so each has a matrix product of its own.
  const perImage = graph.op(
    'Transpose',
    [gathered, graph.constant([1, 0], 'int32')],
    { T: 'float32', Tperm: 'int32' },
    [-1, channels(features)],
  );
  const columns = reshape(perImage, [-1, channels(features), 1]);
  const product = graph.op('BatchMatMulV2', [rows, columns], { T: 'float32', adj_x: false, adj_y: false }, [
    -1,
    positions,
    1,
  ]);
  return reshape(product, [-1, positions]);
}

/** Returns the input of the global average pool. */
function pooledFeatures(graph: Graph): Tensor {
  const features = [...graph.nodes.values()].findLast(({ op }) => op === 'Mean')?.inputs[0];
  if (features?.shape.length === 4) return features;
  throw new TrainyardError('internal', 'The network has no global average pool, so it has no class activation maps.');
}

/** Returns weight and bias of the network's last layer, features × classes. */
function linearLayer(graph: Graph, classes: number): Readonly<{ weight: Tensor; bias: Float32Array }> {
  const weight = graph.variablesOf('parameter').findLast(({ shape }) => shape.length === 2);
  const bias = weight && graph.variables.get(weight.name.replace(/weight$/, 'bias'));
  if (weight !== undefined && bias !== undefined && elements(bias.shape) === classes)
    return { weight: weight.value, bias: graph.weights(bias) };
  throw new TrainyardError('internal', 'The network does not end in a linear layer.');
}
