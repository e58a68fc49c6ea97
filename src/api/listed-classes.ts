/** Shortens long lists of classes where many data sets or models are listed: each may have 10,000. */
import { MOST_LISTED_CLASSES } from '../contracts/datasets/dataset.js';

/** The first classes, and how many there are if that is not all. */
export function listedClasses<Described extends Readonly<{ classes: readonly string[] }>>(described: Described) {
  const { length } = described.classes;
  if (length <= MOST_LISTED_CLASSES) return { described };
  return { described: { ...described, classes: described.classes.slice(0, MOST_LISTED_CLASSES) }, classCount: length };
}
