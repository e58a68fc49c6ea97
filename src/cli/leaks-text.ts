/** Accuracy with and without the test images that the training has seen, as text. */
import type { Evaluation } from '../client/index.js';
import { countText, percent } from './output/numbers-text.js';

/** Returns the accuracy on the test images that the training has not seen. Undefined if it has seen none. */
export function leaksText({ images, others }: NonNullable<Evaluation['leaks']>): string | undefined {
  if (images === 0) return undefined;
  const accuracy = others.accuracy === null ? 'none' : percent(others.accuracy);
  return `accuracy ${accuracy} on the ${countText(others.images)} test images that training has not seen; it has seen ${countText(images)}`;
}
