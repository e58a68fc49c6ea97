/** Images of a split or of a class in it. More load as the end of the page comes near; a click enlarges one. */
import { useEffect } from 'preact/hooks';
import type { DatasetDetails, DatasetImage, SplitName } from 'trainyard';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { Segmented, SelectField } from '../../components/field.js';
import { count, plural } from '../../components/format.js';
import { PagedList } from '../../components/paged-list.js';
import { imageOf, SPLIT_TITLES } from '../../components/split-text.js';
import { EmptyState, Skeleton } from '../../components/states.js';
import { usePages } from '../../data/pages.js';
import { client, serviceUrl } from '../../data/service.js';
import { queryText, setQuery } from '../../router/router.js';

const PAGE = 100;
const split = queryText('split', 'train');
const className = queryText('class');
const opened = queryText('image');

export function Gallery({ dataset }: { dataset: DatasetDetails }) {
  const { name, classes, counts } = dataset;
  const splits = (['train', 'validation', 'test'] as const).filter((each) => counts[each] !== undefined);
  const shown = splits.find((each) => each === split.value) ?? 'train';
  const chosen = classes.includes(className.value) ? className.value : '';
  return (
    <div class="stack">
      <div class="gallery-filter">
        <Segmented
          label="Split"
          value={shown}
          onInput={(next) => setQuery({ split: next === 'train' ? undefined : next, image: undefined }, { push: true })}
          choices={splits.map((each) => ({ value: each, title: SPLIT_TITLES[each] }))}
        />
        <SelectField
          label="Class"
          value={chosen}
          onInput={(next) => setQuery({ class: next === '' ? undefined : next, image: undefined }, { push: true })}
          choices={[
            { value: '', title: `All ${classes.length} classes` },
            ...classes.map((each, label) => ({
              value: each,
              title: `${each} (${count(counts[shown]?.[label] ?? 0)})`,
            })),
          ]}
        />
      </div>
      <Images key={`${name}/${shown}/${chosen}`} name={name} split={shown} of={chosen} />
    </div>
  );
}

function Images({ name, split: of, of: chosen }: { name: string; split: SplitName; of: string }) {
  const list = usePages(
    (cursor, signal) =>
      client.datasets
        .images(name, { split: of, class: chosen === '' ? undefined : chosen, limit: PAGE, cursor, signal })
        .page(),
    ({ images }) => images,
    [],
  );
  return (
    <PagedList
      list={list}
      isEndless
      skeleton={<Skeleton lines={6} height={48} />}
      note={({ items = [], last }) => `${count(items.length)} of ${plural(last?.total ?? 0, 'image')}`}
    >
      {(images, { total }) =>
        total === 0 ? (
          <EmptyState title="No images" icon="image">
            {`The class ${chosen} has no ${imageOf(of)}s.`}
          </EmptyState>
        ) : (
          <>
            <ul class="gallery" aria-label="Images">
              {images.map((image) => (
                <li key={image.index}>
                  <Thumb image={image} />
                </li>
              ))}
            </ul>
            <Lightbox images={images} split={of} />
          </>
        )
      }
    </PagedList>
  );
}

function Thumb({ image }: { image: DatasetImage }) {
  const src = serviceUrl(image.url);
  return (
    <button type="button" class="gallery-thumb" onClick={() => opened.push(String(image.index))}>
      <img
        src={src}
        alt={`${image.class}, ${image.path ?? `number ${image.index}`}`}
        title={image.path}
        loading="lazy"
        decoding="async"
      />
      <span class="gallery-class name" aria-hidden="true">
        {image.class}
      </span>
    </button>
  );
}

/** Large view of the image in the address, with a way to its neighbours. */
function Lightbox({ images, split: of }: { images: readonly DatasetImage[]; split: SplitName }) {
  const at = opened.value === '' ? -1 : images.findIndex(({ index }) => String(index) === opened.value);
  const image = images[at];
  if (image === undefined) return null;
  const show = (index: number): void => {
    const next = images[index];
    if (next !== undefined) opened.value = String(next.index);
  };
  return (
    <Dialog title={image.class} onClose={() => (opened.value = '')}>
      <Large
        image={image}
        onKey={(key) => {
          if (key === 'ArrowLeft') show(at - 1);
          if (key === 'ArrowRight') show(at + 1);
        }}
      />
      <div class="row-between">
        <Button icon="left" label="Previous image" disabled={at === 0} onClick={() => show(at - 1)} />
        <span class="muted small wrap-anywhere">
          {`${SPLIT_TITLES[of]} image ${count(image.index)}`}
          {image.path !== undefined && <code class="gallery-path">{image.path}</code>}
        </span>
        <Button icon="right" label="Next image" disabled={at === images.length - 1} onClick={() => show(at + 1)} />
      </div>
    </Dialog>
  );
}

function Large({ image, onKey }: { image: DatasetImage; onKey: (key: string) => void }) {
  const src = serviceUrl(image.url);
  useEffect(() => {
    const listen = ({ key }: KeyboardEvent): void => onKey(key);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  });
  return <img class="gallery-large" src={src} alt={`${image.class}, number ${image.index}`} />;
}
