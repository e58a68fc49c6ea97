/** Frames of a video as image files. */

/** Resolves with the current frame, reduced to `side` pixels if it is larger. Null if the video has no frame. */
export function frameOf(
  video: HTMLVideoElement,
  type: 'image/png' | 'image/jpeg',
  side = Number.POSITIVE_INFINITY,
): Promise<Blob | null> {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, side / Math.max(videoWidth, videoHeight, 1));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, type));
}
