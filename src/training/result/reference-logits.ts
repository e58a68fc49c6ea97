/** Reference logits: outputs of weights in evaluation mode, without BatchNorm folding and without a model's files. */
import { Graph, type Shape } from '../../graph/graph.js';
import { loadGraph } from '../../graph/load.js';
import { buildNetwork } from '../../networks/index.js';
import { type ImageSource, networkInput, resolveNormalization } from '../step/preprocessing.js';
import type { ServingSpec } from './serving-graph.js';

/** Images × height × width × channels bytes. */
type Pixels = Readonly<{ shape: Shape; values: Uint8Array }>;

/** Returns images × classes logits in float32. Loads TensorFlow. */
export function referenceLogits(
  spec: ServingSpec,
  image: ImageSource,
  classes: number,
  weights: ReadonlyMap<string, Float32Array>,
  { shape, values }: Pixels,
): Float32Array {
  const graph = new Graph({ weights });
  graph.phase = 'evaluation';
  const images = graph.placeholder('images', 'uint8', [-1, image.height, image.width, image.channels]);
  const input = networkInput(images, spec.dataset.resize, resolveNormalization(spec.normalization, image));
  const logits = buildNetwork(spec, input, classes);
  const session = loadGraph([logits]);
  try {
    const [answer] = session.run({ images: { dtype: 'uint8', shape, values } }, [logits.node.name]);
    return answer as Float32Array;
  } finally {
    session.close();
  }
}
