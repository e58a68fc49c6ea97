/** Recognition of files in formats that the import does not read. */
import { expect, it } from 'vitest';
import { readWeightsFile } from '../../src/exports/weights-file.js';
import { bufferSource } from '../../src/files/byte-source.js';

/** Returns the start of a ZIP archive with entries of these names. */
function zip(...names: string[]): Buffer {
  const entries = names.map((name) => {
    const header = Buffer.alloc(30);
    header.write('PK\x03\x04', 'latin1');
    header.writeUInt16LE(name.length, 26);
    return Buffer.concat([header, Buffer.from(name)]);
  });
  return Buffer.concat([...entries, Buffer.alloc(100)]);
}
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const tar = Buffer.alloc(1024);
tar.write('ustar', 257, 'latin1');

const files: readonly (readonly [name: string, file: Buffer, sentence: RegExp])[] = [
  ['a TorchScript .pt', zip('m/data.pkl', 'm/code/__torch__.py'), /a TorchScript archive.*torch.jit.load/],
  ['a pickle', bytes('\x80\x04\x95\x10\0\0\0\0\0\0\0'), /a Python pickle that torch.save did not write/],
  ['an .npz', zip('conv1.weight.npy', 'fc.npy'), /a NumPy archive.*numpy.load/],
  ['an .npy', bytes('\x93NUMPY\x01\0v\0{'), /a single NumPy array/],
  ['an .h5', bytes('\x89HDF\r\n\x1a\n\0\0\0\0'), /an HDF5 file/],
  ['a .keras', zip('metadata.json', 'config.json', 'model.weights.h5'), /a Keras model/],
  ['another .zip', zip('weights/model.safetensors'), /a ZIP archive/],
  ['an .onnx', bytes('\x08\x08\x12\x07pytorch\x1a\x052.4.0:'), /an ONNX model.*onnx.load/],
  ['a .tflite', bytes('\x1c\0\0\0TFL3\x14\0'), /a TensorFlow Lite model/],
  ['a .gguf', bytes('GGUF\x03\0\0\0'), /a GGUF file/],
  ['a .gz', bytes('\x1f\x8b\x08\0\0\0\0\0\0\0'), /compressed by gzip/],
  ['a .tar', tar, /a tar archive/],
  ['a Git LFS pointer', bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /Git LFS.*git lfs pull/],
  ['a web page', bytes('<!DOCTYPE html><html></html>'), /an HTML page/],
  [
    'model.safetensors.index.json',
    bytes('{"metadata":{},"weight_map":{"fc.bias":"model-00001-of-00002.safetensors"}}'),
    /the index of a model in several files.*glob/,
  ],
  ['other JSON', bytes('{"architectures":["ResNet"]}'), /a JSON file/],
];

it.each(files)('names %s', async (_, file, sentence) => {
  const message = await readWeightsFile(bufferSource(file)).catch((error: Error) => error.message);
  expect(message).toMatch(
    /^The weights must be a safetensors file or a PyTorch file \(\.pth, \.pt, \.bin\)\. This is /,
  );
  expect(message).toMatch(sentence);
  expect(message).not.toMatch(/\.\./);
});

it('reads safetensors whose first bytes look like another format', async () => {
  for (const length of [0x7b, 0x5b, 0x08, 0x80]) {
    const json = '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'.padEnd(length);
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    const tensors = await readWeightsFile(bufferSource(Buffer.concat([head, Buffer.from(json)])));
    expect([...tensors.keys()]).toEqual(['a']);
  }
});
