/** State of the pictures of an evaluation: whether the data set still has the same test images. */
import type { Evaluation } from '../contracts/models/evaluation.js';
import { isJobSpec } from '../contracts/models/model.js';
import type { TestPictures } from '../contracts/models/test-image.js';
import { TrainyardError } from '../errors/errors.js';
import type { StoredModel } from '../store/index.js';

/** Returns a digest of the present test split of a data set. Throws `dataset_not_found`. */
export type FindTestDigest = (dataset: string, seed: number) => Promise<string>;

/** Returns the paths of test images in the archive of their data set. Undefined if they are not known. */
export type FindTestPaths = (dataset: string, images: readonly number[]) => Promise<readonly string[] | undefined>;

/** Adds the path of each image, if the data set still has these images and knows their paths. */
export async function withPaths<Row extends Readonly<{ image: number }>>(
  rows: readonly Row[],
  { dataset, state }: TestPictures,
  findPaths: FindTestPaths,
): Promise<(Row & Readonly<{ path?: string }>)[]> {
  const paths =
    state === 'present'
      ? await findPaths(
          dataset,
          rows.map(({ image }) => image),
        )
      : undefined;
  return rows.map((row, index) => {
    const path = paths?.[index];
    return path === undefined ? row : { ...row, path };
  });
}

/** Seed with which the routes of data sets draw generated images. */
const DRAWN_SEED = 0;

/** Compares the test images of an evaluation with those that its data set has now. */
export async function describePictures(
  { manifest: { spec } }: StoredModel,
  { testSplit }: Pick<Evaluation, 'testSplit'>,
  findDigest: FindTestDigest,
): Promise<TestPictures> {
  const dataset = testSplit?.dataset ?? spec.dataset.name;
  const seed = isJobSpec(spec) ? spec.seed : 0;
  const found = await findDigest(dataset, DRAWN_SEED).catch((error: unknown) => {
    if (error instanceof TrainyardError && error.code === 'dataset_not_found') return undefined;
    throw error;
  });
  if (found === undefined) {
    const message = `The data set ${dataset} was deleted, so the pictures of its test images are gone. Import the same archive again to see them.`;
    return { dataset, state: 'deleted', message };
  }
  if (testSplit === undefined) {
    const message = `The model is older than the digest of its test images: the pictures are those that ${dataset} has now.`;
    return { dataset, state: 'unknown', message };
  }
  if (found === testSplit.sha256) return { dataset, state: 'present' };
  const isGenerated = seed !== DRAWN_SEED && (await findDigest(dataset, seed)) === testSplit.sha256;
  const message = isGenerated
    ? `The test images were generated with seed ${seed}, and the pictures of ${dataset} are those of seed ${DRAWN_SEED}.`
    : `The data set ${dataset} was replaced after the training: its test images now differ from the images of this evaluation.`;
  return { dataset, state: 'replaced', message };
}
