/** The formats in which a model leaves. */
import { type Static, Type } from 'typebox';

export const ExportFormat = Type.Union(
  [Type.Literal('savedmodel'), Type.Literal('tfjs'), Type.Literal('onnx'), Type.Literal('safetensors')],
  {
    description:
      '`savedmodel`: a tar of `<version>/saved_model.pb`, as TensorFlow Serving takes it. `tfjs`: a tar of a graph model of TensorFlow.js. `onnx`: one file. `safetensors`: the weights under the names and in the layout of PyTorch.',
  },
);
export type ExportFormat = Static<typeof ExportFormat>;
