/** Arrays as data sets: npz files written by NumPy, MNIST's idx files, and arrays that cannot be used. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../src/contracts/datasets/dataset.js';
import { type Imports, openImports } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

let imports: Imports;
beforeEach(async () => {
  imports = await openImports();
});
afterEach(() => imports.close());

/** Returns the pixels of image `index`, as the programs below have them. */
const pixelsOf = (index: number, channels: number): number[] =>
  Array.from({ length: 64 * channels }, (_, i) => (i * 31 + index * 57) % 256);

/**
 * NumPy 2: np.savez_compressed(x_train=x[:8], y_train=np.arange(8) % 2, x_test=x[8:], y_test=np.arange(4) % 2, class_names=['boot', 'ant'])
 * with x of 12 × 8 × 8 × 3 bytes.
 */
const COLOURS =
  'UEsDBC0AAAAIAAAAIQDI5G2G//////////8LABQAeF90cmFpbi5ucHkBABAAgAYAAAAAAAB+AQAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GhY6ChBkrKmjUKtABuBikLeLrZm96+YPcbPQksmbLn7g1/PN6V518gW7mmtK86KDD/7L2cZUz9p547uYaUjxpI0X3vPp+mR3rTzxnE3VJblp4YH7/2Rtoqtm7rj+TdQkuGjihvPveHW8szpXHH/GquKc1Lhg/72/MtZRlTO2X/sqYhxUOGH9ubc82l6ZHcuPPWVRdkpsmL/v7h9pq8iK6duufhE2CizoX3f2DbeWZ0b7sqNPmJUcE+rn7b3zW8oyonza1iufhQwD8vvWnnnNpemR3rb0yGMmRZwSDvF1c/fc/iVpEV42dcvlT4IG/nm9a06/4tRwT2tdcvgRo4J9XO2c3bd+SpiHlU7ZfOmjgL5fbs/qUy851N1SWxYfekingKF/iFE3YOgfYtQNGPqHGHUDZkAzHxUCZkAzHxUCZkAzHxUCBgBQSwMELQAAAAgAAAAhABIWjmj//////////wsAFAB5X3RyYWluLm5weQEAEADAAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaFjqaOgq1ChQALgYoYGRABcTyAVBLAwQtAAAACAAAACEATLbiyf//////////CgAUAHhfdGVzdC5ucHkBABAAgAMAAAAAAABnAQAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GiY6ChZgZKypo1CrQAbgOvGcTdUluWnhgfv/ZG2iq2buuP5N1CS4aOKG8+94dbyzOlccf8aq4pzUuGD/vb8y1lGVM7Zf+ypiHFQ4Yf25tzzaXpkdy489ZVF2SmyYv+/uH2mryIrp265+ETYKLOhfd/YNt5ZnRvuyo0+YlRwT6uftvfNbyjKifNrWK5+FDAPy+9aeec2l6ZHetvTIYyZFh/i6uXtu/5K0CC+buuXyJ0ED/7zeNadfcWq4p7UuOfyIUcE+rnbO7ls/JczDSqdsvvRRQN8vt2f1qZc4JTjU3VJbFh96yCBvF1sze9fNH+JmoSWTN138wK/nm9O96uQLdjXXlOZFBx/8l7ONqZ6188Z3MdOQ4kkbL7zn0/XJ7lpJp4Chf4hRN2DoH2LUDRgAUEsDBC0AAAAIAAAAIQDd4V8U//////////8KABQAeV90ZXN0Lm5weQEAEACgAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaJjqaOgq1ChQALgYoYGRABTA+AFBLAwQtAAAACAAAACEACfSPJ///////////DwAUAGNsYXNzX25hbWVzLm5weQEAEACgAAAAAAAAAFQAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbhNqoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQAriQGBoZ8KC4B4kQgzoOyQQAAUEsBAi0DLQAAAAgAAAAhAMjkbYZ+AQAAgAYAAAsAAAAAAAAAAAAAAIABAAAAAHhfdHJhaW4ubnB5UEsBAi0DLQAAAAgAAAAhABIWjmhMAAAAwAAAAAsAAAAAAAAAAAAAAIABuwEAAHlfdHJhaW4ubnB5UEsBAi0DLQAAAAgAAAAhAEy24slnAQAAgAMAAAoAAAAAAAAAAAAAAIABRAIAAHhfdGVzdC5ucHlQSwECLQMtAAAACAAAACEA3eFfFEwAAACgAAAACgAAAAAAAAAAAAAAgAHnAwAAeV90ZXN0Lm5weVBLAQItAy0AAAAIAAAAIQAJ9I8nVAAAAKAAAAAPAAAAAAAAAAAAAACAAW8EAABjbGFzc19uYW1lcy5ucHlQSwUGAAAAAAUABQAfAQAABAUAAAAA';
/** The arrays of MedMNIST: float32 images in 0–1, labels of shape N × 1, and a validation split. */
const GREYS =
  'UEsDBC0AAAAIAAAAIQCfDNAv//////////8QABQAdHJhaW5faW1hZ2VzLm5weQEAEACABgAAAAAAAH8DAAAAAAAA3VP5U5RlHF/LmrJjtNPuzWpWi6ZjzEj3+XysHLvNpqzsJlmyMnEWsyZzZkEgRSCVQ0DFRQEXUETkvi9hOQREjkUBFZBDueIWkPruv9CPvPO+M+/zvO/z/X6ub8CqNR+sXjtLs0WzVedscFtn1C3V6vQui3UOWp2Lq3Gz0Wnjt65GZ4N9f6XTBjeD7Lutd9pkkPXCJQ5aR7kXOWi3af/fNUcj1/XxcXV9/HdkZmRA3nFg/yPMzFjK841rKftMT0tTjbbPERcbi+6uLgQG3MtTiS+z5uxH/Gdgk/1R6WmO2B8WhkabDb677mBc7LMsK32H3V3refnSJX1oyHzs8vFBqdUKz+0388jhBSzIf12+fUeNxiQ1BtTI8GZIL4yNjkqth5mR/hqlL8fHfuPJhARVV/sJYiwWdHZ0IGDvPUw8+RLPVq/mQL+rvY5KTlqM0JAQNNTXS685jI1ZxFLr2+zq/IH5eXn6oMD7sHPHDpQUF2O7x008HPEkr7Q7Q2qjv68P+4IfYEryK5Q+HB5y457du9XpohWIMJtxsaUFf/vfzfjjz/NMxfvsufYzI8xaFRX5NOQ/VFVW4i/vWxkd9QzlDNvb1tHdpNF7ec6Gu8mE3Jwc3JiaQvjBx5idpWfThS85OfGH4LMqwY4T8fHo7elBcND9FB6sPfcxhwaNFLwqP285DoWHo7mpCf5+d/H4MQdWlL/Ha1d/EoxzleAQbP44U1EBb69bKJhYVPgm21q/FwymZYJDev+J7KwsTE5M4OCBR5mVuYwXzn8h/Nuxd8880fdFVld9yP6+jXZNlaxFj2DU1dbCZ+ftjLEspLXkLXZ2uAhvs176Cl9vnC4qgof7LLsWzMslL7Z8w+kb2+yeq96eDUhOSsLQ4KD4Mp9pqa+yof5Tjo78aq+hREdERUairbVVNJzLhBMvsKpyFft6fxG/livhiaDAQJyrqRHfbqPlqI4lxSvZccVg56X3870TXp6eKCwoEI01NB96grk5YEvz1xS+kh2bkvzhVGIiJF8I2fcgU1OWsL5uDSVrlKyoY3HPsbzsXV7t/tHulxJt4Ofri/KyMqk9m5FHnmJhwRtsvezEmTgrkn+71nrRV2bCAzIn+Hd6WvL2OHOyFZubvuLU5FY5W61m4qyIR0o8QWpKCkaGhxEW+pB46Ehbw2ccG90iubco0Q1Ho6MxE2flP1BLAwQtAAAACAAAACEArU2d9f//////////EAAUAHRyYWluX2xhYmVscy5ucHkBABAAhgAAAAAAAABLAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GmY6CoaaOgq1CmQDLgZGJiACAFBLAwQtAAAACAAAACEAj4MaNf//////////DgAUAHZhbF9pbWFnZXMubnB5AQAQAIADAAAAAAAABAMAAAAAAACdkolTjVEYxgtjH8tYxj7XekOWsYyYe94HYx9LdoZBo5KR4pZlNJmENqFNtFFU0o5KhdzSprSHSiqJbnva08L7/QvOfN/Md55z3vd8z+85rjv379A9rKlxUcNCrm9gdlIpXyOTKwxXyLVlckNTpblSz+S4qVLfQNI36RmbGbBuZqR3zoDnWsu1ZTr8zNeWWcr+bwwPCw2lutpauuc2HlEvl6Mgfw9afp/HNSsr8faNgny8velrSQnddhyJ0JCFyMzYhtqa07yuIXy8p7HuSJkZGXTzxiD4P5mN90nrUfldDxo8uru6RHfXZXodH0/8Td5eU/E6fg1Kig+DdcTFxoriokMUEhxMNWo1ubmOw8sXy5Cftxu/m89Jr4iL1SEvT08qLioix1sjEBK8ABkftqJGbYTvFRUKjweT6JaDA31IT6cb1wfiyeNZSEpcx2sn+B+suEezaG8zJz6LOjs6uNcUxMetBp+Lrs5LcLo7GhHhi5GdtQMN9cZ4HrlUPAvSIlcXF8rLzSU72yF4GjgPqSkb8bNKH4mqtQp7u6F03dqaElUq+tvfT48ezkDCW4FvpUfR22MBrhO8l55HRlJTYyPdd5+ImOiV+FS4D22tZnB2chIpyRvIz9eXysvK6O6dUQgPW4Ssj9tRX3cGfr4yEeA/h3gf5WRnk63NYAQGzAXXoOrHSYm9gnkTZ0TvEhKor7eXHvpMB+eF0q9H0PPnCpiHYAYUER5ODfX15H5vAqKjVqCwYC9aW5Swt7MT7IW5bYG6+hT7Uin4DhDrlJaayv4G4LHfTMkvKsqP42//VWauFpwJvYqJofa2NvL0mMwZ6qDoy0F0dlzEs6AgkZerS08DA+lnVRW5OI+VeCI3ZxeaGk2Yi67gOfNwp0+FheRgP4xrtJCethnVvwzZt6/C2WkM+7WhlORksr6mKbGA6h1QXnYM/X2WUuaCc6LoqChqbWkhzh+xr1bhy+cD6Gi/IPUQzJEC/P3pR2UlMxyDyIglyMneicaGs5IfERaqzffdjQry8+kfUEsDBC0AAAAIAAAAIQBH1j4R//////////8OABQAdmFsX2xhYmVscy5ucHkBABAAgwAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CoaaOgq1CmQDLgZGJgBQSwMELQAAAAgAAAAhAKLLR5X//////////w8AFAB0ZXN0X2ltYWdlcy5ucHkBABAAgAMAAAAAAAAEAwAAAAAAAJ2SiVPNURTHn2XsYx/LWOZZX4hBoeHd8zXGPpYY2QdNvTBMURjGMpWllTZLJWnhtaK9tKNS0SItr6JCeC3aFJWK8/sX3Ll35nfPvef8zvfzvR7bjLYa7usnOye7qDBVWZlYKlbKFUozfYWuXGFmYXnG0tj8sIWlqUqKrzc+aaXiuNUx41Mq3uvo6coNeM7TlV+W/98YZmNtvcrGWka9PZcoJTmZ/nR30wOfqUhOWoXKiv3o7rqAF+np4uOHg/QkPJwa6uvpzu3xiInWw/uinWhrPQ2uIVKSlZznQ5UVFXTTeQTCwxbgTe5m1Ncd53OZ4Jocd6Y3ubl0/dpAPAqchVcv1+DzJ2PIeHR1doquzvOUlJhI/E0+96cgKXElKsr3geN4npAgyjV7KSw0lOq0WrrtMQ7RUUtR9G4HWltOSUs8TzCg+97eVK7RkLPTcISFzkduzibUaY/hU02N0stzEjk5OlJOdjZduzoAgQEzpTOKjoqi1pYW8rw3EfFxy1FaYoSO9jPw8vQUOdkbKTAggDifXF1G4dnTRcjP24ofjScRGbFYhATrkIe7O70rLCR7u8EIUs9FVuY6fK01ZW6rlQ72Q+iqrS0xQ/rb10cPfacjNUWAeaLnz0VwnuC7FBkRQc1NTXTv7gTExS5DSfEutP+0gpurq8jMWEv+fn5UXVVFLrdG4umThch7uwWNDSfg7ycXjx/NJr5HBfn5ZHdjENSP54BzUPvFRGKvZN7EHlFaair73EO+D6aB/cKHygP4/u0b9z8WUZFLuBdDtDRbMKsjIjZGn1g/lZWWMrNhCA2ZB2YB7fej0ntQ8hsgB3t7ep2Vxfr6I8B/hqQXNdWH8bfvCnPVCvaE4uPiqKO9nby9JrOHBtCU7cHvX+cQEhws+H8UpFbT19pacncbI/FEYcF2NDeZS70I3jOPu1RSXEyODkM5RwfZrzdwz2as20/p5jqa9d6gzIwMsrXpJ7FAehpQXXUIfb2XJc8F+0SxMTH0s62N9UxCQvwKlJXuxq+Os1IN8Q9QSwMELQAAAAgAAAAhAEfWPhH//////////w8AFAB0ZXN0X2xhYmVscy5ucHkBABAAgwAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CoaaOgq1CmQDLgZGJgBQSwECLQMtAAAACAAAACEAnwzQL38DAACABgAAEAAAAAAAAAAAAAAAgAEAAAAAdHJhaW5faW1hZ2VzLm5weVBLAQItAy0AAAAIAAAAIQCtTZ31SwAAAIYAAAAQAAAAAAAAAAAAAACAAcEDAAB0cmFpbl9sYWJlbHMubnB5UEsBAi0DLQAAAAgAAAAhAI+DGjUEAwAAgAMAAA4AAAAAAAAAAAAAAIABTgQAAHZhbF9pbWFnZXMubnB5UEsBAi0DLQAAAAgAAAAhAEfWPhFJAAAAgwAAAA4AAAAAAAAAAAAAAIABkgcAAHZhbF9sYWJlbHMubnB5UEsBAi0DLQAAAAgAAAAhAKLLR5UEAwAAgAMAAA8AAAAAAAAAAAAAAIABGwgAAHRlc3RfaW1hZ2VzLm5weVBLAQItAy0AAAAIAAAAIQBH1j4RSQAAAIMAAAAPAAAAAAAAAAAAAACAAWALAAB0ZXN0X2xhYmVscy5ucHlQSwUGAAAAAAYABgBuAQAA6gsAAAAA';
/** Arrays of Python objects. */
const OBJECTS =
  'UEsDBC0AAAAAAAAAIQAyaVUs//////////8LABQAeF90cmFpbi5ucHkBABAAHwEAAAAAAAAfAQAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3xPJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKgASVlAAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsChZRoA4wFZHR5cGWUk5SMAk84lImIh5RSlChLA4wBfJROTk5K/////0r/////Sz90lGKJXZQofZSMAWGUSwFzTmV0lGIuUEsDBC0AAAAAAAAAIQB+avvJ//////////8LABQAeV90cmFpbi5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAAABAAAAAAAAAFBLAQItAy0AAAAAAAAAIQAyaVUsHwEAAB8BAAALAAAAAAAAAAAAAACAAQAAAAB4X3RyYWluLm5weVBLAQItAy0AAAAAAAAAIQB+avvJkAAAAJAAAAALAAAAAAAAAAAAAACAAVwBAAB5X3RyYWluLm5weVBLBQYAAAAAAgACAHIAAAApAgAAAAA=';
const file = (text: string): Buffer => Buffer.from(text, 'base64');

/** Returns the images of a stored split, each as its class and its pixels. */
async function stored({ name, classes, channels }: DatasetInfo, split: string): Promise<string[]> {
  const folder = join(imports.importedDir, name);
  const images = (await readFile(join(folder, `${split}-images.idx`))).subarray(channels === 1 ? 16 : 20);
  const labels = (await readFile(join(folder, `${split}-labels.idx`))).subarray(8);
  const size = 64 * channels;
  return [...labels].map((label, i) => `${classes[label]} ${[...images.subarray(i * size, (i + 1) * size)]}`).sort();
}

describe('an npz file', () => {
  it('has its images, labels and splits, pixel by pixel, in the order of its class names', async () => {
    const info = await imports.import(file(COLOURS));
    expect(info).toMatchObject({ classes: ['boot', 'ant'], trainSamples: 8, testSamples: 4, channels: 3 });
    const expected = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `${i % 2 === 0 ? 'boot' : 'ant'} ${pixelsOf(from + i, 3)}`).sort();
    expect(await stored(info, 'train')).toEqual(expected(0, 8));
    expect(await stored(info, 'test')).toEqual(expected(8, 4));
  });

  it('may have floats in 0–1, names as MedMNIST has, and a validation split', async () => {
    const info = await imports.import(file(GREYS), { channels: 1 });
    expect(info).toMatchObject({ classes: ['0', '1', '2'], trainSamples: 6, validationSamples: 3, testSamples: 3 });
    const expected = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `${i % 3} ${pixelsOf(from + i, 1)}`).sort();
    expect(await stored(info, 'train')).toEqual(expected(0, 6));
    expect(await stored(info, 'validation')).toEqual(expected(6, 3));
  });

  it('may be in an archive', async () => {
    const info = await imports.import(rawZip(entriesOf({ 'data/boots.npz': file(COLOURS), 'README.md': 'x' })));
    expect(info).toMatchObject({ classes: ['boot', 'ant'], trainSamples: 8 });
    expect((await readdir(imports.folder)).filter((name) => name.endsWith('.npz'))).toEqual([]);
  });
});

/** Returns an npy file of version 1.0, as numpy.lib.format describes it. */
function npy(type: string, shape: readonly number[], values: Uint8Array, fortran = 'False'): Buffer {
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `${`{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': ${sizes}, }`.padEnd(117)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), values]);
}
const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251);
const LABELS = npy('|u1', [4], Uint8Array.of(0, 1, 0, 1));
const IMAGES = npy('|u1', [4, 8, 8], bytes(256));

describe('an array that cannot be used', () => {
  it.each<[what: string, x: Buffer, y: Buffer | undefined, pointer: string, message: RegExp]>([
    [
      'has another shape',
      npy('|u1', [4, 64], bytes(256)),
      LABELS,
      '/x.npy',
      /has the shape 4 × 64, and images are N × height × width/,
    ],
    [
      'is cut off',
      npy('|u1', [4, 8, 8], bytes(100)),
      LABELS,
      '/x.npy',
      /is cut off: its values have 100 bytes, not 256/,
    ],
    ['is in Fortran order', npy('|u1', [4, 8, 8], bytes(256), 'True'), LABELS, '/x.npy', /np\.ascontiguousarray/],
    [
      'has complex numbers',
      npy('<c8', [4, 8, 8], bytes(2048)),
      LABELS,
      '/x.npy',
      /has the type <c8, which is not supported/,
    ],
    ['is big-endian', npy('>i4', [4, 8, 8], bytes(1024)), LABELS, '/x.npy', /has the type >i4/],
    [
      'has values above 255',
      npy('<u2', [4, 8, 8], bytes(512)),
      LABELS,
      '/x.npy',
      /has the value \d+, and pixels are 0–255/,
    ],
    [
      'has too few labels',
      IMAGES,
      npy('|u1', [3], Uint8Array.of(0, 1, 0)),
      '/y.npy',
      /has 3 labels, and x\.npy has 4 images/,
    ],
    [
      'has one-hot labels',
      IMAGES,
      npy('|u1', [4, 2], bytes(8)),
      '/y.npy',
      /has the shape 4 × 2, and labels are one number/,
    ],
    ['has no labels', IMAGES, undefined, '/x.npy', /has no array of labels next to it/],
    ['is no array', Buffer.from('hello hello hello'), LABELS, '/x.npy', /is no npy array/],
  ])('is refused if it %s', async (_what, x, y, pointer, message) => {
    const archive = rawZip(entriesOf({ 'x.npy': x, ...(y && { 'y.npy': y }) }));
    await expect(imports.import(archive)).rejects.toMatchObject({
      code: 'invalid_dataset',
      errors: [{ pointer, message: expect.stringMatching(message) }],
    });
    expect(await readdir(imports.importedDir)).toEqual([]);
  });

  it('is refused if it contains Python objects', async () => {
    await expect(imports.import(file(OBJECTS))).rejects.toMatchObject({
      errors: [
        { pointer: '/x_train.npy', message: expect.stringMatching(/Python objects \(pickle\), which are not read/) },
      ],
    });
  });

  it('is refused if it comes alone', async () => {
    for (const alone of [LABELS, idx([4], bytes(4))])
      await expect(imports.import(alone)).rejects.toMatchObject({
        message: expect.stringMatching(/is a single array/),
      });
  });
});

/** Returns an idx file, as Yann LeCun's page of MNIST describes it. */
function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 8, shape.length, ...shape.flatMap(() => [0, 0, 0, 0])]);
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, values]);
}

describe("MNIST's idx files", () => {
  const images = (from: number, count: number) =>
    idx([count, 8, 8], Uint8Array.from(Array.from({ length: count }, (_, i) => pixelsOf(from + i, 1)).flat()));
  const labels = (count: number) =>
    idx(
      [count],
      Uint8Array.from({ length: count }, (_, i) => (i % 2) + 3),
    );

  it.each([
    ['plain', '', (content: Buffer) => content],
    ['compressed', '.gz', (content: Buffer) => gzipSync(content)],
  ])('are a data set, %s', async (_name, ending, pack) => {
    const files = {
      [`MNIST/raw/train-images-idx3-ubyte${ending}`]: pack(images(0, 6)),
      [`MNIST/raw/train-labels-idx1-ubyte${ending}`]: pack(labels(6)),
      [`MNIST/raw/t10k-images-idx3-ubyte${ending}`]: pack(images(6, 2)),
      [`MNIST/raw/t10k-labels-idx1-ubyte${ending}`]: pack(labels(2)),
    };
    const info = await imports.import(rawZip(entriesOf(files)), { channels: 1 });
    expect(info).toMatchObject({ classes: ['3', '4'], trainSamples: 6, testSamples: 2 });
    expect(await stored(info, 'test')).toEqual([`3 ${pixelsOf(6, 1)}`, `4 ${pixelsOf(7, 1)}`].sort());
  });

  it('are refused if they are cut off', async () => {
    const archive = rawZip(
      entriesOf({ 'train-images-idx3-ubyte': images(0, 6).subarray(0, 200), 'train-labels-idx1-ubyte': labels(6) }),
    );
    await expect(imports.import(archive)).rejects.toMatchObject({
      errors: [{ pointer: '/train-images-idx3-ubyte', message: 'is cut off: its values have 184 bytes, not 384' }],
    });
  });
});
