/** Model configuration of Triton's extension to the Open Inference Protocol. */
import { mostImages } from '../../contracts/prediction/prediction-messages.js';
import type { GraphRuntime } from '../../contracts/processes/trainer-messages.js';
import type { ModelConfig } from '../../contracts/protocols/open-inference-messages.js';
import type { ResolvedModel } from '../../inference/resolver.js';
import { outputsOf } from './outputs.js';

/** Platform names of the protocol for the model formats of each runtime. */
export const PLATFORMS = { onnxruntime: 'onnx_onnxv1', tensorflow: 'tensorflow_savedmodel' } as const;

const FILES = { onnxruntime: 'model.onnx', tensorflow: 'saved_model' } as const;

/** Returns the fields that clients read, with the types that Triton gives them even if they are always empty here. */
export function writeConfig({ source, manifest }: ResolvedModel, runtime: GraphRuntime): ModelConfig {
  const { preprocessing, classes } = manifest;
  const { height, width, channels } = preprocessing;
  return {
    name: source.name,
    platform: PLATFORMS[runtime],
    backend: runtime,
    version_policy: { all: {} },
    max_batch_size: mostImages(preprocessing),
    input: [
      {
        name: 'images',
        data_type: 'TYPE_UINT8',
        format: 'FORMAT_NHWC',
        dims: [height, width, channels],
        is_shape_tensor: false,
        allow_ragged_batch: false,
        optional: false,
      },
    ],
    output: outputsOf(manifest).map((name) => ({
      name,
      data_type: 'TYPE_FP32',
      dims: [classes.length],
      label_filename: '',
      is_shape_tensor: false,
    })),
    batch_input: [],
    batch_output: [],
    dynamic_batching: {},
    instance_group: [{ name: `${source.name}_0`, kind: 'KIND_AUTO', count: 1 }],
    default_model_filename: FILES[runtime],
    cc_model_filenames: {},
    metric_tags: {},
    parameters: {},
    model_warmup: [],
  };
}
