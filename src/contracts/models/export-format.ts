/** Export formats of a model. */
import type { Static } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

export const ExportFormat = StringEnum(['savedmodel', 'tfjs', 'onnx', 'safetensors'], {
  description:
    '`savedmodel`: a tar archive of `<version>/saved_model.pb` for TensorFlow Serving. `tfjs`: a tar archive of a TensorFlow.js graph model. `onnx`: one ONNX file. `safetensors`: the weights with the names and the layout of PyTorch.',
});
export type ExportFormat = Static<typeof ExportFormat>;
