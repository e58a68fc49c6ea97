/** A picture as the model sees it, with a class activation map over it. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { ActivationMap } from 'trainyard';
import type { ImageSize } from './model-info.js';
import type { TryImage } from './try-images.js';

type Props = Readonly<{
  url: string;
  alt: string;
  /** Size of the model's images. Default: a square. */
  size: ImageSize | undefined;
  map: ActivationMap | undefined;
  /** 0 to 1. */
  opacity: number;
  /** Where it is drawn. */
  canvas: RefObject<HTMLCanvasElement | null>;
}>;

/** Longest side of the drawing, in pixels. */
const SIDE = 640;
/** A picture with a smaller side is enlarged without smoothing. */
const SMALL_PX = 128;

export function Picture({ url, alt, size, map, opacity, canvas }: Props) {
  const { image, isBroken } = useImage(url);
  const [width, height] = [size?.width ?? 1, size?.height ?? 1];
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || image === undefined) return;
    const scale = SIDE / Math.max(width, height);
    [element.width, element.height] = [Math.round(width * scale), Math.round(height * scale)];
    drawFitted(context, image, size);
    if (map !== undefined) drawMap(context, map, opacity);
  }, [image, map, opacity, size]);
  if (isBroken)
    return (
      <p class="try-picture try-broken muted">This browser cannot show the file. The service may still read it.</p>
    );
  return <canvas ref={canvas} class="try-picture" role="img" aria-label={alt} />;
}

function useImage(url: string): { image: HTMLImageElement | undefined; isBroken: boolean } {
  const [state, setState] = useState<{ url: string; image?: HTMLImageElement }>({ url: '' });
  useEffect(() => {
    const image = new Image();
    image.onload = () => setState({ url, image });
    image.onerror = () => setState({ url });
    image.src = url;
    return () => {
      image.onload = null;
      image.onerror = null;
    };
  }, [url]);
  const isCurrent = state.url === url;
  return { image: isCurrent ? state.image : undefined, isBroken: isCurrent && state.image === undefined };
}

type Fit = Pick<ImageSize, 'fit' | 'cropShare' | 'background'>;
const CONTAIN: Fit = { fit: 'contain', cropShare: 1, background: [] };

/** Returns the size of a model's images for a picture. A picture that was cropped before is shown whole. */
export const sizeFor = (size: ImageSize, { isCropped }: TryImage): ImageSize =>
  isCropped === true ? { ...size, cropShare: 1 } : size;

/** Draws an image over the whole canvas, as the service fits it before it predicts. The same shape as the model's images is assumed. */
export function drawFitted(context: CanvasRenderingContext2D, image: HTMLImageElement, fit: Fit = CONTAIN): void {
  const { width, height } = context.canvas;
  const { naturalWidth, naturalHeight } = image;
  const [r = 0, g = 0, b = 0] = fit.background;
  context.fillStyle = `rgb(${r} ${g} ${b})`;
  context.fillRect(0, 0, width, height);
  const [across, down] = scalesOf([width / naturalWidth, height / naturalHeight], fit);
  const [w, h] = [Math.max(1, Math.round(naturalWidth * across)), Math.max(1, Math.round(naturalHeight * down))];
  context.imageSmoothingEnabled = Math.max(naturalWidth, naturalHeight) > SMALL_PX || Math.min(across, down) < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, Math.round((width - w) / 2), Math.round((height - h) / 2), w, h);
}

/** Returns the factors on the width and height of an image, from the ratios of the canvas's sides to the image's sides. */
function scalesOf([across, down]: readonly [number, number], { fit, cropShare }: Fit): readonly [number, number] {
  if (fit === 'stretch') return [across, down];
  const scale = fit === 'contain' ? Math.min(across, down) : Math.max(across, down) / cropShare;
  return [scale, scale];
}

/** What speaks for a class, and what against it. */
const FOR = [224, 49, 22] as const;
const AGAINST = [28, 92, 230] as const;

/** Draws the map over the whole canvas: the more a place contributes, the more opaque. */
function drawMap(context: CanvasRenderingContext2D, { width, height, values }: ActivationMap, opacity: number): void {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const pixels = new ImageData(width, height);
  for (const [index, value] of values.entries()) {
    const [r, g, b] = value >= 0 ? FOR : AGAINST;
    pixels.data.set([r, g, b, Math.round((255 * Math.abs(value)) / largest)], 4 * index);
  }
  const small = document.createElement('canvas');
  [small.width, small.height] = [width, height];
  small.getContext('2d')?.putImageData(pixels, 0, 0);
  context.save();
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
  context.restore();
}
