/** Images to try: files, pasted pictures, pictures of the camera, and test images with their true class. */

export type TryImage = Readonly<{
  id: string;
  name: string;
  file: Blob;
  /** Address of the picture in this page. */
  url: string;
  /** True class, of test images. */
  actual?: string | undefined;
  /** Data set and index of a test image, for the address: `boots/17`. */
  sample?: string | undefined;
  /** Whether its import cropped it, so that a model must not crop it again. */
  isCropped?: boolean;
}>;

/** Maximum number of images at a time. */
export const MAX_TRY_IMAGES = 200;

let made = 0;

export function makeTryImage(
  file: Blob,
  name: string,
  facts: Pick<TryImage, 'actual' | 'sample' | 'isCropped'> = {},
): TryImage {
  made += 1;
  return { id: String(made), name, file, url: URL.createObjectURL(file), ...facts };
}

export const releaseImages = (images: readonly TryImage[]): void => {
  for (const { url } of images) URL.revokeObjectURL(url);
};
