/** Decoder process: decodes large images without delaying small ones. */
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { DEFAULT_IMAGE_PREPROCESSING } from '../../src/contracts/images/image-preprocessing.js';
import { createImageDecoder, type TargetImage } from '../../src/images/image-decoder.js';
import { createLargeImageDecoder } from '../../src/processes/decoder-process.js';
import { captureLog } from '../support/capture-log.js';
import { interlacedPng } from '../support/png.js';

const target: TargetImage = { height: 8, width: 8, channels: 3, ...DEFAULT_IMAGE_PREPROCESSING };
const log = captureLog();
const largeImages = createLargeImageDecoder({
  logger: log.logger,
  decoderUrl: new URL('../../dist/decoder.js', import.meta.url),
});
afterAll(() => largeImages.close());
const decoder = createImageDecoder({ decodeLarge: largeImages.decode });

const flat = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: { r: 250, g: 9, b: 90 } } });

it('returns the same pixels as an in-process decoder', async () => {
  const file = await flat(2_500).png().toBuffer();
  expect(await decoder.decode(file, target)).toEqual(await createImageDecoder().decode(file, target));
  expect(log.lines.filter(({ msg }) => msg === 'decoder started')).toHaveLength(1);
});

it('reports the fault of a file with its pointer', async () => {
  const whole = await flat(2_500).png({ compressionLevel: 0 }).toBuffer();
  await expect(decoder.decode(whole.subarray(0, 10_000), target, '/images/1')).rejects.toMatchObject({
    code: 'invalid_image',
    errors: [{ pointer: '/images/1', message: expect.stringContaining('is damaged') }],
  });
});

it('refuses an image that needs too much memory before decoding it', async () => {
  await expect(decoder.decode(interlacedPng(5_100), target, '/images/2')).rejects.toMatchObject({
    code: 'invalid_image',
    errors: [{ pointer: '/images/2', message: expect.stringMatching(/^needs about 416 MB of memory/) }],
  });
});

it('decodes small and ordinary images while huge images wait for each other', async () => {
  await decoder.decode(await flat(2_500).png().toBuffer(), target); // starts the process
  const { decoderPid } = await log.line('decoder started');
  const { signal } = new AbortController();
  const done: string[] = [];
  const huge = interlacedPng(2_600);
  const ordinary = await flat(2_500).png().toBuffer();
  const all = [
    ...Array.from({ length: 6 }, () =>
      decoder.decode(huge, target, '', { client: 'a', signal }).then(() => done.push('huge')),
    ),
    decoder.decode(ordinary, target, '', { client: 'b', signal }).then(() => done.push('ordinary')),
  ];
  process.kill(Number(decoderPid), 'SIGSTOP');
  await decoder
    .decode(await flat(20).jpeg().toBuffer(), target, '', { client: 'b', signal })
    .then(() => done.push('small'));
  process.kill(Number(decoderPid), 'SIGCONT');
  await Promise.all(all);
  expect(done[0]).toBe('small');
  expect(done.indexOf('ordinary')).toBeLessThan(3);
});
