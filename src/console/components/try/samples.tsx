/** Test images of a model's data set, to try it on. */
import { useState } from 'preact/hooks';
import { useResource } from '../../data/resource.js';
import { client, isGone } from '../../data/service.js';
import { Button } from '../button.js';
import { plural } from '../format.js';
import { toastError } from '../toast.js';
import { makeTryImage, type TryImage } from './try-images.js';

/** Test images at a time. */
const COUNT = 8;

type Props = Readonly<{ dataset: string | undefined; onImages: (images: readonly TryImage[]) => void }>;

export function Samples({ dataset, onImages }: Props) {
  const [isBusy, setBusy] = useState(false);
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
    try {
      onImages(await drawSamples(dataset));
    } catch (error) {
      toastError(error);
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

/** Returns test images from random places. */
async function drawSamples(dataset: string): Promise<TryImage[]> {
  const { total } = await client.datasets.images(dataset, { split: 'test', limit: 1 }).page();
  const places = new Set<number>();
  while (places.size < Math.min(COUNT, total)) places.add(Math.floor(Math.random() * total));
  return loadSamples([...places].map((place) => `${dataset}/${place}`));
}

/** Returns test images by data set and index: `boots/17`. */
export const loadSamples = (samples: readonly string[]): Promise<TryImage[]> => Promise.all(samples.map(loadSample));

async function loadSample(sample: string): Promise<TryImage> {
  const [dataset = '', place = ''] = sample.split('/');
  const [{ imported }, { images }, file] = await Promise.all([
    client.datasets.get(dataset),
    client.datasets.images(dataset, { split: 'test', limit: 1, cursor: place }).page(),
    client.datasets.image(dataset, 'test', Number(place)),
  ]);
  const isCropped = (imported?.cropShare ?? 1) < 1;
  return makeTryImage(file, `test image #${place}`, { actual: images[0]?.class, sample, isCropped });
}
