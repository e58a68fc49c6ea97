/** Summary of the chosen data set: sizes, classes, and some of its images. */
import './dataset-summary.css';
import { type DatasetImage, isTrainyardError } from 'trainyard';
import { Card } from '../../components/card.js';
import { Facts } from '../../components/facts.js';
import { count, plural } from '../../components/format.js';
import { ImageThumb } from '../../components/image-thumb.js';
import { Link } from '../../components/link.js';
import { Loaded } from '../../components/states.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

/** Sample images that are shown. */
const SAMPLES = 12;
/** Class names that are shown. */
const NAMES = 12;

async function load(name: string, signal: AbortSignal) {
  const info = await client.datasets.get(name, { signal });
  // A data set without its files still has a description. The field says why it cannot be read.
  const images = await samplesOf(name, info.trainSamples, signal).catch((error: unknown) => {
    if (isTrainyardError(error) && error.code === 'dataset_corrupt') return undefined;
    throw error;
  });
  return { info, images };
}

/** Resolves with some training images. Asks for the first one alone, so that files that cannot be read fail one request. */
async function samplesOf(name: string, trainSamples: number, signal: AbortSignal): Promise<readonly DatasetImage[]> {
  // Spread over the split, because an imported data set lists one class after the other.
  const starts = Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * trainSamples) / SAMPLES));
  const [first = 0, ...others] = new Set(starts);
  const imageAt = async (cursor: number): Promise<readonly DatasetImage[]> => {
    const query = { split: 'train', limit: 1, cursor: String(cursor), signal } as const;
    return (await client.datasets.images(name, query).page()).images.slice(0, 1);
  };
  const start = await imageAt(first);
  return [...start, ...(await Promise.all(others.map(imageAt))).flat()];
}

export function DatasetSummary({ name }: { name: string }) {
  const found = useResource((signal) => load(name, signal), [name], { key: `new-job/dataset/${name}` });
  return (
    <Card title="Data set" actions={<Link to={to('dataset', { name })}>{name}</Link>}>
      <Loaded resource={found}>
        {({ info, images }) => (
          <div class="stack-s">
            {images === undefined ? (
              <p class="muted">Its images cannot be read.</p>
            ) : (
              <ul class="dataset-samples" aria-label="Some training images">
                {images.map(({ index, url, class: label }) => (
                  <li key={index}>
                    <ImageThumb path={url} alt={label} size={56} />
                  </li>
                ))}
              </ul>
            )}
            <Facts entries={factsOf(info)} />
          </div>
        )}
      </Loaded>
    </Card>
  );
}

type Info = Awaited<ReturnType<typeof load>>['info'];

function factsOf(info: Info): (readonly [string, string | undefined])[] {
  const { height, width, channels, trainSamples, testSamples, validationSamples, classes, counts } = info;
  const sizes = counts.train;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const rest = classes.length - NAMES;
  return [
    ['Images', `${count(trainSamples)} training, ${count(testSamples)} test`],
    ['Validation split', validationSamples === undefined ? undefined : plural(validationSamples, 'image')],
    ['Size', `${width} × ${height} pixels, ${channels === 1 ? 'grey' : 'colour'}`],
    [
      'Classes',
      `${count(classes.length)}: ${classes.slice(0, NAMES).join(', ')}${rest > 0 ? ` and ${count(rest)} more` : ''}`,
    ],
    ['Images of a class', least === most ? count(least) : `${count(least)} to ${count(most)}`],
  ];
}
