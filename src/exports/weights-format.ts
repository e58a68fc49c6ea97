/** Recognition of the format of a weights file. Unsupported formats come with a line of Python that converts the file. */
import type { ByteSource } from '../files/byte-source.js';
import { startsAsLegacyFile } from '../formats/pytorch/index.js';

/** Bytes at each end of a file that are searched for names of archive entries. */
const SEARCHED_BYTES = 2 ** 20;

const TORCHSCRIPT_COMMAND = `python -c "import torch, safetensors.torch as s; s.save_file({k: v.contiguous() for k, v in torch.jit.load('model.pt', map_location='cpu').state_dict().items()}, 'model.safetensors')"`;

/** Format that the import reads, or a description of another one. */
export type WeightsFormat = 'safetensors' | 'pytorch' | 'pytorch-legacy' | Readonly<{ other: string }>;

type OtherFormat = Readonly<{ is: (start: Buffer, text: string) => boolean; sentence: string }>;

const begins =
  (...bytes: (string | RegExp)[]) =>
  (_: Buffer, text: string): boolean =>
    bytes.some((each) => (typeof each === 'string' ? text.startsWith(each) : each.test(text)));

const isZip = (text: string): boolean => text.startsWith('PK\x03\x04');

const formats: readonly OtherFormat[] = [
  {
    is: (_, text) => isZip(text) && text.includes('/data.pkl') && text.includes('/code/'),
    sentence: `a TorchScript archive. Convert it: ${TORCHSCRIPT_COMMAND}`,
  },
  {
    is: (_, text) => isZip(text) && text.includes('.npy'),
    sentence: `a NumPy archive (.npz). Convert it: python -c "import numpy, safetensors.numpy as s; s.save_file(dict(numpy.load('model.npz')), 'model.safetensors')"`,
  },
  {
    is: (_, text) => isZip(text) && text.includes('model.weights.h5'),
    sentence: 'a Keras model (.keras). Its weights have other names and another layout. Export the model from PyTorch',
  },
  { is: (_, text) => isZip(text), sentence: 'a ZIP archive. Take the .safetensors file out of it' },
  {
    is: ([first = 0, protocol = 0]) => first === 0x80 && protocol >= 2 && protocol <= 5,
    sentence:
      "a Python pickle that torch.save did not write. Save the weights with torch.save(model.state_dict(), 'model.pth')",
  },
  {
    is: begins('\x89HDF\r\n\x1a\n'),
    sentence:
      'an HDF5 file (.h5), the format of Keras weights, which have other names and another layout. Export the model from PyTorch',
  },
  {
    is: begins('\x93NUMPY'),
    sentence: 'a single NumPy array (.npy). Send all weights of the network under their names',
  },
  {
    // A protocol buffer: the IR version, then the name of the producer.
    is: ([field, version = 0, next]) => field === 8 && version < 32 && (next === 0x12 || next === 0x3a),
    sentence: `an ONNX model. Convert it: python -c "import onnx, onnx.numpy_helper as n, safetensors.numpy as s; s.save_file({t.name: n.to_array(t) for t in onnx.load('model.onnx').graph.initializer}, 'model.safetensors')". ONNX files with folded BatchNorm lack some weights`,
  },
  { is: begins(/^.{4}TFL3/s), sentence: 'a TensorFlow Lite model. Export the weights from PyTorch' },
  { is: begins('GGUF'), sentence: 'a GGUF file. Export the weights from PyTorch' },
  { is: begins('\x1f\x8b'), sentence: 'compressed by gzip. Unpack it first' },
  {
    is: (start) => start.toString('latin1', 257, 262) === 'ustar',
    sentence: 'a tar archive. Take the .safetensors file out of it',
  },
  {
    is: begins('version https://git-lfs'),
    sentence: 'a Git LFS pointer, not the file itself. Fetch the file: git lfs pull',
  },
  { is: begins(/^\s*<(!doctype|html)/i), sentence: 'an HTML page: the download failed. Download the file again' },
  {
    is: (_, text) => /^\s*\{/.test(text) && text.includes('weight_map'),
    sentence: `the index of a model in several files. Send all weights as one file: python -c "import glob, safetensors.torch as s; s.save_file({k: v for f in glob.glob('model-*-of-*.safetensors') for k, v in s.load_file(f).items()}, 'model.safetensors')"`,
  },
  { is: (start, text) => /^\s*[[{]/.test(text) && start[1] !== 0, sentence: 'a JSON file' },
];

/** Returns the format of a file. Unknown files count as safetensors. Reads at most 2 MiB. */
export async function recognizeFormat(source: ByteSource): Promise<WeightsFormat> {
  const start = await source.read(0, SEARCHED_BYTES);
  // A safetensors file begins with the length of its header, which is JSON.
  if (/^\s*\{/.test(start.toString('latin1', 8, 72)) && start.length >= 8 && start.readBigUInt64LE() < 2n ** 40n)
    return 'safetensors';
  // The list of files of a ZIP archive is at its end.
  const rest = Math.max(SEARCHED_BYTES, source.size - SEARCHED_BYTES);
  const end = rest < source.size ? await source.read(rest, source.size - rest) : Buffer.of();
  const text = start.toString('latin1') + end.toString('latin1');
  if (startsAsLegacyFile(start)) return 'pytorch-legacy';
  if (isZip(text) && text.includes('/data.pkl') && !text.includes('/code/')) return 'pytorch';
  const other = formats.find(({ is }) => is(start, text))?.sentence;
  return other === undefined ? 'safetensors' : { other };
}
