/** Images of an evaluation: their pictures from the data set, each with a caption. */
import './test-picture.css';
import type { ComponentChildren } from 'preact';
import type { SplitName, TestPictures } from 'trainyard';
import { ImageThumb } from './image-thumb.js';
import { Notice } from './states.js';

export type CaptionedImage = Readonly<{
  /** Index among the images of the split. */
  image: number;
  /** What the picture shows, for screen readers and as the title of the large view. */
  alt: string;
  lines: readonly ComponentChildren[];
  details?: ComponentChildren;
}>;

type Props = Readonly<{ pictures: TestPictures; split?: SplitName; images: readonly CaptionedImage[] }>;

/**
 * Shows images of a split, by default the test split, as a grid. Without pictures, their numbers. Says why pictures are missing, or may be
 * others.
 */
export function TestImages({ pictures, split = 'test', images }: Props) {
  const { dataset, state, message } = pictures;
  const hasPictures = state === 'present' || state === 'unknown';
  return (
    <>
      {message !== undefined && <Notice tone="warn">{message}</Notice>}
      <ul class="test-pictures">
        {images.map(({ image, alt, lines, details }) => (
          <li key={image} class="test-picture">
            {hasPictures ? (
              <ImageThumb
                path={`datasets/${encodeURIComponent(dataset)}/images/${split}/${image}`}
                alt={alt}
                details={details ?? alt}
              />
            ) : (
              <span class="test-picture-none small" title={alt}>
                #{image}
              </span>
            )}
            {lines.map((line, index) => (
              <span key={index} class={index === 0 ? 'test-picture-text small' : 'test-picture-text small muted'}>
                {line}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}
