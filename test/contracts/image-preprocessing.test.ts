/** Options of the preprocessing: defaults, presets, contradictions, and how data sets store them. */
import { describe, expect, it } from 'vitest';
import {
  checkImageOptions,
  colourName,
  DEFAULT_IMAGE_PREPROCESSING,
  type ImageOptions,
  resolveImagePreprocessing,
  storedImageOptions,
} from '../../src/contracts/images/image-preprocessing.js';
import {
  checkImportPreprocessing,
  resolveImportPreprocessing,
} from '../../src/contracts/images/preprocessing-presets.js';

it('is a fast letterbox on black by default', () => {
  expect(resolveImagePreprocessing()).toEqual(DEFAULT_IMAGE_PREPROCESSING);
});

describe('contradictions', () => {
  it.each<[ImageOptions, string | undefined]>([
    [{}, undefined],
    [{ fit: 'cover' }, undefined],
    [{ fit: 'contain', antialias: false }, undefined],
    [{ fit: 'resize-crop', cropShare: 0.5 }, undefined],
    [{ cropShare: 0.5 }, '/cropShare'],
    [{ fit: 'stretch', interpolation: 'fast' }, '/interpolation'],
    [{ interpolation: 'fast', antialias: false }, '/interpolation'],
    [{ interpolation: 'fast', decoding: 'plain' }, '/interpolation'],
  ])('%j have the pointer %s', (options, pointer) => {
    expect(checkImageOptions(options).map((fault) => fault.pointer)).toEqual(pointer === undefined ? [] : [pointer]);
  });

  it('are found between a preset and a field', () => {
    expect(checkImportPreprocessing({ preset: 'keras', cropShare: 0.9 })).toMatchObject([{ pointer: '/cropShare' }]);
    expect(checkImportPreprocessing({ preset: 'timm', cropShare: 0.95 })).toEqual([]);
  });
});

describe('a stored data set', () => {
  it.each<ImageOptions>([
    {},
    { fit: 'cover' },
    { fit: 'resize-crop', cropShare: 0.9 },
    { fit: 'resize-crop' },
    { fit: 'stretch', antialias: false, decoding: 'plain' },
    { interpolation: 'bilinear' },
    { interpolation: 'bicubic', fit: 'cover', background: '#10a0F0' },
    { background: 'white' },
  ])('says as much as the request %j', (options) => {
    expect(resolveImagePreprocessing(storedImageOptions(options))).toEqual(resolveImagePreprocessing(options));
  });

  it('leaves defaults out', () => {
    expect(storedImageOptions({ fit: 'contain', background: 'black', antialias: true, interpolation: 'fast' })).toEqual(
      {},
    );
    expect(storedImageOptions({ fit: 'cover', interpolation: 'bilinear' })).toEqual({ fit: 'cover' });
  });
});

describe('a preset', () => {
  it('is that of the library', () => {
    const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const crop = { fit: 'resize-crop', cropShare: 0.875, decoding: 'plain', antialias: true };
    expect(resolveImportPreprocessing({ preset: 'torchvision' })).toMatchObject({
      images: { ...crop, interpolation: 'bilinear' },
      normalization: imagenet,
    });
    expect(resolveImportPreprocessing({ preset: 'timm' }).images).toMatchObject({ ...crop, interpolation: 'bicubic' });
    expect(resolveImportPreprocessing({ preset: 'keras' }).images).toMatchObject({
      ...{ fit: 'stretch', cropShare: 1, interpolation: 'bilinear', antialias: false, decoding: 'plain' },
    });
  });

  it('yields to the fields of the request', () => {
    const normalization = { mean: [0.5], std: [0.5] };
    expect(resolveImportPreprocessing({ preset: 'torchvision', fit: 'stretch', normalization })).toMatchObject({
      images: { fit: 'stretch', cropShare: 1, interpolation: 'bilinear' },
      normalization,
    });
  });
});

it.each([
  [0, 'black'],
  [255, 'white'],
  [128, '#808080'],
  [[16, 160, 240] as [number, number, number], '#10a0f0'],
])('names the background %j %s', (background, name) => {
  expect(colourName(background)).toBe(name);
});
