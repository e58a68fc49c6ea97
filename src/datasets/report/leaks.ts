/** Test images that training or validation images resemble: a file in the data set's folder, for evaluations. */
import { join } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { SPLIT_NAMES } from '../../contracts/datasets/dataset-content.js';
import { readText } from '../../files/bounded-reads.js';
import { writeDurably } from '../../files/durable.js';
import { hasCode } from '../../files/error-codes.js';
import { corrupt } from '../idx.js';
import type { Survey } from './survey.js';
import { NONE, type Twins } from './twins.js';

export const LEAKS_FILE = 'leaks.json';

const index = Type.Integer({ minimum: 0 });
/** `train`: lowest index of a training image that is a twin. Absent if all twins are validation images. */
const TestLeak = Type.Object(
  { image: index, kind: Type.Enum(['same', 'near']), train: Type.Optional(index) },
  { additionalProperties: false },
);
const StoredLeaks = Type.Object(
  { format: Type.Literal(1), test: Type.Array(TestLeak) },
  { additionalProperties: false },
);
export type TestLeak = Type.Static<typeof TestLeak>;

const stored = Compile(StoredLeaks);
const TEST = SPLIT_NAMES.indexOf('test');
const OTHERS = (1 << TEST) - 1;

/** Returns the test images with a twin in another split, each once: `same` before `near`. */
export function testLeaks(survey: Survey, twins: Twins): TestLeak[] {
  const leaks: TestLeak[] = [];
  for (const [image, split] of survey.splitOf().entries()) {
    if (split !== TEST) continue;
    const isSame = (twins.sameSplits(image) & OTHERS) > 0;
    if (!isSame && (twins.nearSplits(image) & OTHERS) === 0) continue;
    const train = Math.min(twins.sameTrain(image), twins.nearTrain(image));
    leaks.push({
      image: survey.indexOf()[image] ?? 0,
      kind: isSame ? 'same' : 'near',
      ...(train !== NONE && { train }),
    });
  }
  return leaks;
}

export const writeLeaks = (folder: string, leaks: readonly TestLeak[]): Promise<void> =>
  writeDurably(join(folder, LEAKS_FILE), JSON.stringify({ format: 1, test: leaks }));

/** Reads the leaks in a data set's folder. Undefined if an earlier version imported it. Throws `dataset_corrupt`. */
export async function readLeaks(folder: string): Promise<readonly TestLeak[] | undefined> {
  const path = join(folder, LEAKS_FILE);
  const text = await readText(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(path, 'it cannot be read', cause);
  });
  if (text === undefined) return undefined;
  try {
    const leaks: unknown = JSON.parse(text);
    if (stored.Check(leaks)) return leaks.test;
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause);
  }
  throw corrupt(path, 'it has no leaks of a data set');
}
