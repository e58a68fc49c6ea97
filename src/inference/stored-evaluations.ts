/** Evaluations stored with models, and their confused images as PNG files. */
import sharp from 'sharp';
import { Compile } from 'typebox/compile';
import { Evaluation, whyNotEvaluated } from '../contracts/models/evaluation.js';
import { TrainyardError } from '../errors/errors.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import type { ModelStore, StoredModel } from '../store/index.js';

const schema = Compile(Evaluation);

export type Evaluations = ReturnType<typeof createEvaluations>;

export function createEvaluations(store: Pick<ModelStore, 'readFile'>) {
  /** Returns the model's evaluation, or undefined if it was stored without one. Throws `model_corrupt` if the file is invalid. */
  async function find(model: StoredModel): Promise<Evaluation | undefined> {
    const file = await store.readFile(model, 'evaluation');
    if (file === undefined) return undefined;
    const value: unknown = JSON.parse(file.toString('utf8'));
    if (schema.Check(value)) return value;
    throw new TrainyardError('model_corrupt', `The evaluation in ${model.folder} does not fit its schema.`);
  }

  return {
    find,

    /** Returns the model's evaluation. Throws `evaluation_not_found` if it was stored without one, else as `find`. */
    async get(model: StoredModel): Promise<Evaluation> {
      const evaluation = await find(model);
      if (evaluation !== undefined) return evaluation;
      const { name, version } = model.manifest;
      const reason = whyNotEvaluated(model.manifest);
      throw new TrainyardError('evaluation_not_found', `Model ${name}@${version} has no evaluation. ${reason}`);
    },

    /** Returns image `index` of `confused` as a PNG, counted from 0. Throws `evaluation_not_found` if it does not exist. */
    async image(model: StoredModel, index: number): Promise<Buffer> {
      const file = await store.readFile(model, 'confused');
      const images = file && decodeSafetensors(file).tensors.get('images');
      const [count = 0, height = 0, width = 0, channels = 0] = images?.shape ?? [];
      if (images === undefined || index >= count) {
        throw new TrainyardError(
          'evaluation_not_found',
          `There is no image ${index}: the evaluation of this model has ${count}, counted from 0.`,
        );
      }
      const size = height * width * channels;
      const pixels = images.bytes.subarray(index * size, (index + 1) * size);
      return sharp(pixels, { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .png()
        .toBuffer();
    },
  };
}
