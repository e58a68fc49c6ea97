/** Images: small, with a larger view of the same. Small images are enlarged without smoothing. */
import './image-thumb.css';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { serviceUrl } from '../data/service.js';
import { Dialog } from './dialog.js';

/** Path of an image file in its archive. */
export function FilePath({ path }: { path: string | undefined }) {
  if (path === undefined) return null;
  return (
    <p class="small wrap-anywhere">
      File: <code>{path}</code>
    </p>
  );
}

type Props = Readonly<{
  /** Path of the service (`datasets/x/images/3`) or, with `url`, any blob or data address. */
  path?: string;
  url?: string | undefined;
  /** What the picture shows, in words. */
  alt: string;
  size?: number;
  /** Below the large view. With it, the picture opens on a click. */
  details?: ComponentChildren;
}>;

export function ImageThumb({ path, url, alt, size = 72, details }: Props) {
  const [isOpen, open] = useState(false);
  const src = url ?? (path === undefined ? undefined : serviceUrl(path));
  const image = (
    <img class="thumb-image" src={src} alt={alt} width={size} height={size} loading="lazy" decoding="async" />
  );
  if (details === undefined) return <span class="thumb">{image}</span>;
  return (
    <>
      <button type="button" class="thumb thumb-button" onClick={() => open(true)}>
        {image}
      </button>
      {isOpen && (
        <Dialog title={alt} onClose={() => open(false)}>
          <img class="thumb-large" src={src} alt={alt} />
          {details}
        </Dialog>
      )}
    </>
  );
}
