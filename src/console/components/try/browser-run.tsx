/** The same model in this browser: runs the TensorFlow.js export and compares it with the service on the same pixels. */
import { useEffect, useState } from 'preact/hooks';
import type { PredictResponse } from 'trainyard';
import { sentenceOf, serviceFetch, serviceUrl } from '../../data/service.js';
import { Button } from '../button.js';
import { Facts } from '../facts.js';
import { percent } from '../format.js';
import { Notice } from '../states.js';
import type { BrowserAnswer, BrowserModel } from './browser-model.js';
import type { ImageSize, ModelInfo } from './model-info.js';
import { drawFitted, sizeFor } from './picture.js';
import type { TryImage } from './try-images.js';

type Result = Readonly<{
  answer: BrowserAnswer;
  label: string;
  probability: number;
  difference: number;
  compared: number;
}>;
type State = Readonly<{ step?: string; fault?: string; result?: Result }>;

/** Maximum number of classes of an answer of the service. */
const MAX_TOP = 1_000;

type Props = Readonly<{ info: ModelInfo & Required<Pick<ModelInfo, 'source'>>; image: TryImage }>;

export function BrowserRun({ info, image }: Props) {
  const [state, setState] = useState<State>({});
  const key = `${info.source?.name}@${info.source?.version} ${image.id}`;
  useEffect(() => setState({}), [key]);
  const begin = async (): Promise<void> => {
    const show = (step: string): void => setState({ step });
    try {
      setState({ result: await compare(info, image, show) });
    } catch (error) {
      setState({ fault: sentenceOf(error) });
    }
  };
  return (
    <div class="stack-s">
      <div class="row">
        <Button small icon="bolt" busy={state.step !== undefined} onClick={() => void begin()}>
          Run in this browser
        </Button>
        <span class="muted small">{state.step ?? 'Loads the TensorFlow.js export from this service.'}</span>
      </div>
      {state.fault !== undefined && <Notice tone="bad">{state.fault}</Notice>}
      {state.result && <Outcome {...state.result} />}
    </div>
  );
}

function Outcome({ answer, label, probability, difference, compared }: Result) {
  return (
    <Facts
      entries={[
        ['In this browser', `${label}, ${percent(probability, 2)}`],
        ['Largest difference', <span data-difference={difference}>{describe(difference, compared)}</span>],
        [
          'Computed by',
          `${answer.backend === 'webgl' ? 'WebGL' : 'JavaScript on the CPU'} in ${Math.round(answer.ms)} ms`,
        ],
      ]}
    />
  );
}

const describe = (difference: number, compared: number): string =>
  `${difference === 0 ? 'none' : difference.toExponential(1)} over the probabilities of ${compared} classes, for the same pixels`;

async function compare(info: Props['info'], image: TryImage, show: (step: string) => void): Promise<Result> {
  const { source, image: size, classes = [] } = info;
  if (source === undefined || size === undefined) throw new Error('Only stored models have an export.');
  show('Loading TensorFlow.js…');
  const { loadBrowserModel } = await import('./browser-model.js');
  show('Loading the export…');
  const model: BrowserModel = await loadBrowserModel(source.name, source.version, AbortSignal.timeout(120_000));
  try {
    show('Computing…');
    const pixels = await pixelsOf(image.url, sizeFor(size, image));
    const [answer, service] = await Promise.all([
      model.run(pixels, size),
      askService(`${source.name}@${source.version}`, pixels, size, classes.length),
    ]);
    const differences = service.map(({ index, probability }) =>
      Math.abs(probability - (answer.probabilities[index] ?? Number.NaN)),
    );
    const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
    return {
      answer,
      label: classes[best] ?? '',
      probability: answer.probabilities[best] ?? 0,
      difference: Math.max(...differences),
      compared: differences.length,
    };
  } finally {
    model.dispose();
  }
}

/** Fits a picture into the model's image size and returns its pixels: what the export's input needs. */
async function pixelsOf(url: string, size: ImageSize): Promise<Int32Array> {
  const { width, height, channels } = size;
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser has no canvas.');
  drawFitted(context, image, size);
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Int32Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = data.subarray(4 * pixel, 4 * pixel + 3);
    if (channels === 3) pixels.set([red, green, blue], 3 * pixel);
    // Rec. 601 luma in 16-bit fixed point, as the service computes grey.
    else pixels[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return pixels;
}

/** Predicts the same pixels by the service. */
async function askService(model: string, pixels: Int32Array, size: ImageSize, classes: number) {
  const { width, height, channels } = size;
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => [
      ...pixels.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
    ]),
  );
  const body = JSON.stringify({ model, topK: Math.min(MAX_TOP, classes), instances: [rows] });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const response = await serviceFetch(serviceUrl('predict'), init);
  const answer = (await response.json()) as PredictResponse & { detail?: string };
  if (!response.ok) throw new Error(answer.detail ?? `The service answered ${response.status}.`);
  return answer.predictions[0] ?? [];
}
