/** The formats in which a model leaves. */
import type { Static } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

export const ExportFormat = StringEnum(['savedmodel', 'tfjs', 'onnx', 'safetensors'], {
  description:
    '`savedmodel`: a tar of `<version>/saved_model.pb`, as TensorFlow Serving takes it. `tfjs`: a tar of a graph model of TensorFlow.js. `onnx`: one file. `safetensors`: the weights under the names and in the layout of PyTorch.',
});
export type ExportFormat = Static<typeof ExportFormat>;
