/**
 * Trains, follows and predicts with a generated client: `tsx program.ts <address> <PNG file>`. The test generates ./schema.ts, checks
 * the types of this program and runs it.
 */
import { readFile } from 'node:fs/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Frame = components['schemas']['Frame'];
type PredictForm = paths['/predict']['post']['requestBody']['content']['multipart/form-data'];

const [address = '', picture = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: address });

const job = await submit();
const frames: Frame[] = [];
for await (const frame of follow(job.id)) frames.push(frame);
const epochs = frames.flatMap((frame) => (frame.type === 'epoch' ? [frame.testAccuracy] : []));
const end = frames.flatMap((frame) => (frame.type === 'end' ? [frame.status] : []));
const image = new Blob([await readFile(picture)], { type: 'image/png' });
console.log(
  JSON.stringify({
    optimizer: job.spec.optimizer.name,
    epochs,
    end,
    raw: await predictRaw(image),
    form: await predictForm(image),
    refusal: await refusal(),
  }),
);

async function submit(): Promise<components['schemas']['Job']> {
  const { data, error } = await client.POST('/jobs', {
    body: {
      network: 'resnet',
      name: 'generated-typescript',
      networkOptions: { width: 8, blocks: [1] },
      dataset: { name: 'synthetic', resize: 8, trainSamples: 64, testSamples: 32 },
      optimizer: { name: 'sgd', momentum: 0.9 },
      schedule: { name: 'cosine' },
      batchSize: 32,
      epochs: 2,
    },
  });
  if (data === undefined || !('id' in data)) throw new Error(error?.detail ?? 'No job was queued.');
  return data;
}

/** Yields the frames of a job from its server-sent events. */
async function* follow(id: string): AsyncGenerator<Frame> {
  const { data, error } = await client.GET('/jobs/{id}/events', { params: { path: { id } }, parseAs: 'stream' });
  if (!data) throw new Error(error?.detail ?? 'No stream was opened.');
  let text = '';
  for await (const chunk of data.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const line = event.split('\n').find((each) => each.startsWith('data: '));
      if (line !== undefined) yield JSON.parse(line.slice('data: '.length)) as Frame;
    }
  }
}

/** Classifies an image that is the body itself. */
async function predictRaw(body: Blob) {
  const { data, error } = await client.POST('/predict', {
    params: { query: { model: 'generated-typescript', topK: 2 } },
    headers: { 'content-type': body.type },
    body,
    bodySerializer: (file) => file,
  });
  if (data === undefined) throw new Error(error.detail);
  return data.predictions;
}

/** Classifies two images that are files of a form. */
async function predictForm(file: Blob) {
  const body: PredictForm = { model: 'generated-typescript', topK: 1, images: [file, file] };
  const { data, error } = await client.POST('/predict', { body, bodySerializer: () => formOf(body) });
  if (data === undefined) throw new Error(error.detail);
  return data.predictions;
}

function formOf({ images, ...fields }: PredictForm): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  for (const image of images) form.append('images', image, 'image.png');
  return form;
}

/** Returns the code and the wrong fields of a refused request. */
async function refusal() {
  const { error } = await client.POST('/jobs', { body: { network: 'resnet', epochs: 0 } });
  return { code: error?.code, errors: error?.errors?.map(({ pointer }) => pointer) };
}
