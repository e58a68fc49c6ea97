/** Preprocessing of a model as sentences, as Python, and in the metadata of its files. */
import { expect, it } from 'vitest';
import { resolveImagePreprocessing } from '../../src/contracts/images/image-preprocessing.js';
import { resolveImportPreprocessing } from '../../src/contracts/images/preprocessing-presets.js';
import type { Preprocessing } from '../../src/contracts/models/model.js';
import {
  preprocessingMetadata,
  preprocessingPython,
  preprocessingSteps,
} from '../../src/formats/preprocessing-recipe.js';
import { Graph } from '../../src/graph/graph.js';
import { writeOnnx } from '../../src/graph/onnx.js';
import { cast } from '../../src/graph/ops.js';
import { writeTfjs } from '../../src/graph/tfjs.js';

const size = { height: 224, width: 224, channels: 3, scale: 1 / 255, resize: 224, mean: [0], std: [1] } as const;
const torchvision: Preprocessing = {
  ...size,
  ...resolveImportPreprocessing({ preset: 'torchvision' }).images,
  mean: [0],
  std: [1],
};

it('says how an image becomes the input', () => {
  expect(preprocessingSteps(torchvision)).toEqual([
    'Decode, turn upright by the EXIF orientation, and ignore colour profile and transparency.',
    'Scale to cover 256 × 256 with the aspect ratio, and cut 224 × 224 out of the centre, bilinear and antialiased, as Pillow.',
  ]);
  const letterbox: Preprocessing = {
    ...{ ...size, mean: [0], std: [1], channels: 1 },
    ...resolveImagePreprocessing({ background: 'white' }),
  };
  expect(preprocessingSteps(letterbox)).toEqual([
    'Decode, turn upright by the EXIF orientation, convert the colour profile to sRGB, and put transparent pixels on white.',
    'Scale to fit 224 × 224 with the aspect ratio, and fill the rest with white, by libvips, close to antialiased bilinear.',
    'Convert to grey by Rec. 601 luma.',
  ]);
});

it('is a Python function that crops as torchvision does', () => {
  const python = preprocessingPython(torchvision);
  expect(python).toContain('resize(image, 256, int(256 * h / w)) if w <= h else resize(image, int(256 * w / h), 256)');
  expect(python).toContain('left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)');
  expect(python).toContain(".convert('RGB')\n");
  expect(python).not.toContain('torchvision');
  expect(preprocessingPython({ ...torchvision, antialias: false })).toContain('antialias=False');
});

it('is in the metadata of ONNX and TensorFlow.js files', () => {
  const graph = new Graph();
  const images = graph.placeholder('images', 'uint8', [-1, 2, 2, 3]);
  const signature = { inputs: { images }, outputs: { logits: cast(images, 'float32') } };
  const metadata = preprocessingMetadata(torchvision);
  expect(Buffer.from(writeOnnx(signature, metadata)).includes(JSON.stringify(torchvision))).toBe(true);
  const { userDefinedMetadata } = JSON.parse(writeTfjs(signature, metadata).json);
  expect(JSON.parse(userDefinedMetadata['trainyard.preprocessing'])).toEqual(torchvision);
});
