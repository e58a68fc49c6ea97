/** Strict parsing of base64 and nested numbers: errors name the fault by its JSON Pointer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_IMAGE_PREPROCESSING } from '../../src/contracts/images/image-preprocessing.js';
import type { Preprocessing } from '../../src/contracts/models/model.js';
import { decodeBase64 } from '../../src/inference/base64.js';
import { readInstance } from '../../src/inference/instances.js';

describe('the base64 decoder', () => {
  it('returns the encoded bytes, with or without a data: URL prefix', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(Buffer.compare(decodeBase64(text, '/images/0'), bytes)).toBe(0);
        expect(Buffer.compare(decodeBase64(`data:image/png;base64,${text}`, '/images/0'), bytes)).toBe(0);
      }),
    );
  });

  it.each([
    ['QUJD\nQUJD', /character "\\n" at position 4.*-w0/],
    ['not base64!', /character " "/],
    ['QU-_', /character "-"/],
    ['QUJ', /length is 3/],
    ['QUI', /length is 3/],
    ['Q===', /padding/],
    ['====', /padding/],
    ['QQ==QUJD', /padding/],
    ['QR==', /padding/],
    ['QUJDQUJ=QUJD', /padding/],
    ['data:image/png,QUJD', /data: URL must contain ";base64,"/],
    ['data:image/png;base64', /data: URL/],
    [`data:${'x'.repeat(1_000)};base64,QUJD`, /data: URL/],
  ])('rejects %j', (text, sentence) => {
    const read = () => decodeBase64(text, '/images/3');
    expect(read).toThrow(sentence);
    expect(read).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors: [expect.objectContaining({ pointer: '/images/3' })] }),
    );
  });
});

const small = (channels: 1 | 3): Preprocessing => ({
  height: 2,
  width: 3,
  channels,
  ...DEFAULT_IMAGE_PREPROCESSING,
  scale: 1 / 255,
  resize: 8,
  mean: [0],
  std: [1],
});

describe('the instance parser', () => {
  it('accepts height × width numbers, or height × width × channels', () => {
    expect([
      ...readInstance(
        [
          [1, 2, 3],
          [4, 5, 255],
        ],
        small(1),
        '/instances/0',
      ),
    ]).toEqual([1, 2, 3, 4, 5, 255]);
    expect([
      ...readInstance(
        [
          [[1], [2], [3]],
          [[4], [5], [0]],
        ],
        small(1),
        '/instances/0',
      ),
    ]).toEqual([1, 2, 3, 4, 5, 0]);
    const colour = [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
      [
        [10, 11, 12],
        [13, 14, 15],
        [16, 17, 18],
      ],
    ];
    expect([...readInstance(colour, small(3), '/instances/0')]).toEqual(
      Array.from({ length: 18 }, (_, index) => index + 1),
    );
  });

  it.each<[unknown, 1 | 3, string, RegExp]>([
    [5, 1, '/instances/7', /list of 2 rows \(the model takes 2×3\), not 5/],
    [null, 1, '/instances/7', /not null/],
    [{}, 1, '/instances/7', /not an object/],
    ['abc', 1, '/instances/7', /not the text "abc"/],
    [[], 1, '/instances/7', /not a list of 0/],
    [[[1, 2, 3]], 1, '/instances/7', /not a list of 1/],
    [
      [
        [1, 2, 3],
        [1, 2],
      ],
      1,
      '/instances/7/1',
      /list of 3 pixels .* not a list of 2/,
    ],
    [[[1, 2, 3], 4], 1, '/instances/7/1', /not 4/],
    [
      [
        [1, 2, 3],
        [1, 2, 256],
      ],
      1,
      '/instances/7/1/2',
      /whole number from 0 to 255, not 256/,
    ],
    [
      [
        [1, 2, 3],
        [1, -1, 0],
      ],
      1,
      '/instances/7/1/1',
      /not -1/,
    ],
    [
      [
        [0.5, 2, 3],
        [1, 1, 0],
      ],
      1,
      '/instances/7/0/0',
      /not 0.5/,
    ],
    [
      [
        [1, 2, 3],
        [1, '2', 0],
      ],
      1,
      '/instances/7/1/1',
      /not the text "2"/,
    ],
    [
      [
        [1, 2, 3],
        [1, null, 0],
      ],
      1,
      '/instances/7/1/1',
      /not null/,
    ],
    [
      [
        [1, 2, 3],
        [1, true, 0],
      ],
      1,
      '/instances/7/1/1',
      /not true/,
    ],
    [
      [
        [1, 2, 3],
        [1, [2, 2], 0],
      ],
      1,
      '/instances/7/1/1',
      /list of 1 channels/,
    ],
    [
      [
        [1, 2, 3],
        [1, [[2]], 0],
      ],
      1,
      '/instances/7/1/1/0',
      /not a list/,
    ],
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      3,
      '/instances/7/0/0',
      /list of 3 channels \(the model takes 2×3×3\), not 1/,
    ],
  ])('rejects %j (%d channels)', (instance, channels, pointer, sentence) => {
    const read = () => readInstance(instance, small(channels), '/instances/7');
    expect(read).toThrow(sentence);
    expect(read).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors: [expect.objectContaining({ pointer })] }),
    );
  });
});
