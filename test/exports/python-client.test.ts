/** Python client that openapi-python-client generates: it submits, follows and predicts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { startTrainyard } from '../../bench/support/service.js';
import { pythonOf, runPython } from '../support/python.js';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'test/generated-clients');

it('trains, follows and predicts with every operation generated', { timeout: 600_000 }, async () => {
  await pythonOf(folder);
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-python-client-'));
  const picture = join(dataDir, 'grey.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'grey' } }).toFile(picture);
  const service = await startTrainyard(dataDir, { LOG_LEVEL: 'error' });
  try {
    const args = [join(root, 'openapi.yaml'), service.address, picture];
    const answers = await runPython<Record<string, unknown>>(join(folder, 'program.py'), args);
    const prediction = expect.objectContaining({ label: expect.any(String), probability: expect.any(Number) });
    expect(answers).toEqual({
      optimizer: 'sgd',
      epochs: [expect.any(Number), expect.any(Number)],
      end: ['succeeded'],
      raw: [[prediction, prediction]],
      map: [200, 'PNG'],
      form: [
        [prediction, prediction],
        [prediction, prediction],
      ],
      refusal: { code: 'invalid_request', errors: ['/epochs'] },
      notGenerated: [],
    });
  } finally {
    await service.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
