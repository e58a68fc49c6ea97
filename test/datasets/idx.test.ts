/** idx reader: accepts exactly the expected file and explains what is wrong with others. */
import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/datasets/idx.js';

/** Returns an idx file of the unsigned bytes 0, 1, 2 … */
function idxFile(dimensions: readonly number[], magic = 0x0800 | dimensions.length): Uint8Array {
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  const bytes = new Uint8Array(4 + 4 * dimensions.length + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  dimensions.forEach((dimension, index) => {
    view.setUint32(4 + 4 * index, dimension);
  });
  for (let index = 0; index < size; index++) bytes[bytes.length - size + index] = index;
  return bytes;
}

describe('an idx file', () => {
  it('is read with its dimensions and bytes', () => {
    const array = readIdx(idxFile([2, 3, 2]), [2, 3, 2], 'images');
    expect(array.dimensions).toEqual([2, 3, 2]);
    expect([...array.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it.each([
    ['is empty', new Uint8Array(0), /0 bytes, too few for the header of 16/],
    ['does not contain bytes', idxFile([2, 3, 2], 0x0d03), /magic number is 0x00000d03, not 0x00000803/],
    ['has fewer dimensions', idxFile([12, 1]), /too few|magic number is 0x00000802/],
    ['has other dimensions', idxFile([2, 2, 3]), /dimensions are 2×2×3, not 2×3×2/],
    ['is cut short', idxFile([2, 3, 2]).subarray(0, 20), /20 bytes, not 28/],
    ['is too long', Uint8Array.from([...idxFile([2, 3, 2]), 1]), /29 bytes, not 28/],
  ])('is refused with its path and advice if it %s', (_, bytes, reason) => {
    const read = () => readIdx(bytes, [2, 3, 2], '/data/images');
    expect(read).toThrow(expect.objectContaining({ code: 'dataset_corrupt' }));
    expect(read).toThrow(reason);
    expect(read).toThrow(/\/data\/images .*delete the file and run `npm start`/);
  });
});
