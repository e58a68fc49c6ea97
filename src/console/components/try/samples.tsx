/** Test images of a model's data set, to try it on. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DatasetDetails } from 'trainyard';
import { useResource } from '../../data/resource.js';
import { client, isGone, sentenceOf } from '../../data/service.js';
import { Button } from '../button.js';
import { count, plural } from '../format.js';
import { toast, toastError } from '../toast.js';
import { makeTryImage, type TryImage } from './try-images.js';

/** Test images that the button takes. */
const COUNT = 8;
/** Test images that load at once, with two requests each: a browser opens six connections. */
const AT_ONCE = 3;

type Props = Readonly<{ dataset: string | undefined; onImages: (images: readonly TryImage[]) => void }>;

export function Samples({ dataset, onImages }: Props) {
  const [isBusy, setBusy] = useState(false);
  const abort = useMemo(() => new AbortController(), []);
  useEffect(() => () => abort.abort(), []);
  const first = useResource(
    async (signal) =>
      dataset === undefined ? undefined : client.datasets.images(dataset, { split: 'test', limit: 1, signal }).page(),
    [dataset],
  );
  if (dataset === undefined) return null;
  if (isGone(first.error.value)) {
    return (
      <p class="muted small">
        The data set <bdi>{dataset}</bdi> was deleted, so none of its test images can be shown.
      </p>
    );
  }
  const total = first.data.value?.total ?? COUNT;
  const load = async (): Promise<void> => {
    setBusy(true);
    const { signal } = abort;
    try {
      await loadSamples(await drawSamples(dataset, signal), onImages, signal);
    } catch (error) {
      if (!signal.aborted) toastError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="try-samples">
      <p class="muted small">
        Test images of <bdi>{dataset}</bdi>, which the model has never trained on:
      </p>
      <Button icon="image" busy={isBusy} onClick={() => void load()}>
        {`Take ${plural(Math.min(COUNT, total), 'test image')}`}
      </Button>
    </div>
  );
}

/** Returns random test images by data set and index. */
async function drawSamples(dataset: string, signal: AbortSignal): Promise<string[]> {
  const { total } = await client.datasets.images(dataset, { split: 'test', limit: 1, signal }).page();
  const places = new Set<number>();
  while (places.size < Math.min(COUNT, total)) places.add(Math.floor(Math.random() * total));
  return [...places].map((place) => `${dataset}/${place}`);
}

/**
 * Loads test images by data set and index (`boots/17`), a few at a time, and passes them to `onImages`. Says in one message how many
 * could not be loaded. Does neither once the signal has aborted.
 */
export async function loadSamples(
  samples: readonly string[],
  onImages: Props['onImages'],
  signal: AbortSignal,
): Promise<void> {
  const load = sampleLoader(signal);
  const outcomes: PromiseSettledResult<Sample>[] = [];
  for (let at = 0; at < samples.length && !signal.aborted; at += AT_ONCE)
    outcomes.push(...(await Promise.allSettled(samples.slice(at, at + AT_ONCE).map(load))));
  if (signal.aborted) return;
  const loaded = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = outcomes.find((each) => each.status === 'rejected');
  if (failed) toast(failedText(outcomes.length - loaded.length, samples.length, failed.reason), { tone: 'bad' });
  if (loaded.length > 0) onImages(loaded.map(({ file, name, ...facts }) => makeTryImage(file, name, facts)));
}

const failedText = (failed: number, all: number, reason: unknown): string =>
  `${count(failed)} of ${plural(all, 'test image')} could not be loaded: ${sentenceOf(reason)}`;

type Sample = Pick<TryImage, 'file' | 'name' | 'actual' | 'sample' | 'isCropped'>;

/** Returns a function that loads a test image. It asks for each data set once. */
function sampleLoader(signal: AbortSignal): (sample: string) => Promise<Sample> {
  const datasets = new Map<string, Promise<DatasetDetails>>();
  const find = (name: string): Promise<DatasetDetails> => {
    const found = datasets.get(name) ?? client.datasets.get(name, { signal });
    datasets.set(name, found);
    return found;
  };
  return async (sample) => {
    const [dataset = '', place = ''] = sample.split('/');
    const [{ imported }, { images }, file] = await Promise.all([
      find(dataset),
      client.datasets.images(dataset, { split: 'test', limit: 1, cursor: place, signal }).page(),
      client.datasets.image(dataset, 'test', Number(place), { signal }),
    ]);
    const isCropped = (imported?.cropShare ?? 1) < 1;
    return { file, name: `test image #${place}`, actual: images[0]?.class, sample, isCropped };
  };
}
