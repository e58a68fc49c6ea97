/** Images of Fashion-MNIST, as PNG files that clients send. */
import sharp from 'sharp';
import { loadConfig } from '../../src/config.js';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { datasets, loadDataset } from '../../src/datasets/index.js';

/** Number of different PNG files that a load cycles through. */
const IMAGES = 256;

/** Returns the pixels of all test images, and the first `IMAGES` of them as PNG files. */
export async function testImages(): Promise<Readonly<{ pixels: Uint8Array; pngs: readonly Buffer[] }>> {
  const { datasetsDir } = loadConfig();
  const { test } = await loadDataset(resolveJob({ network: 'resnet' }).dataset, 0, { datasetsDir });
  const { width, height } = datasets['fashion-mnist'];
  const size = width * height;
  const files = Array.from({ length: IMAGES }, (_, index) =>
    sharp(test.images.slice(index * size, (index + 1) * size), { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  );
  return { pixels: test.images, pngs: await Promise.all(files) };
}
