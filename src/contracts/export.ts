/** The formats in which a model leaves, and what crosses to the process that converts. */
import { type Static, Type } from 'typebox';
import type { Failure, ModelReference } from './job.js';
import type { ModelImport } from './model-import.js';

export const ExportFormat = Type.Union(
  [Type.Literal('savedmodel'), Type.Literal('tfjs'), Type.Literal('onnx'), Type.Literal('safetensors')],
  {
    description:
      '`savedmodel`: a tar of `<version>/saved_model.pb`, as TensorFlow Serving takes it. `tfjs`: a tar of a graph model of TensorFlow.js. `onnx`: one file. `safetensors`: the weights under the names and in the layout of PyTorch.',
  },
);
export type ExportFormat = Static<typeof ExportFormat>;

/** API → exporter, its only message. `folder` is a model's; the file is written to `target`, which is not there yet. */
export type ExporterCommand =
  | Readonly<{
      type: 'export';
      format: ExportFormat;
      folder: string;
      target: string;
    }>
  | ImportCommand;

/** `path` is of a safetensors file; the model goes into the store of `modelsDir`. */
type ImportCommand = Readonly<{ type: 'import'; path: string; request: ModelImport; modelsDir: string }>;

/** Exporter → API: exactly one, then it exits. */
export type ExporterMessage =
  | Readonly<{ type: 'exported'; sha256: string }>
  | Readonly<{ type: 'imported'; model: ModelReference }>
  | Readonly<{
      type: 'failed';
      error: Failure & { errors?: readonly Readonly<{ pointer: string; message: string }>[] };
    }>;
