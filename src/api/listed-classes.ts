/** Shortens the class lists of data sets and models in list responses: each may have 10,000 classes. */
import { MAX_LISTED_CLASSES } from '../contracts/datasets/dataset.js';

/** Returns the description with its first classes, and with `classCount` if there are more. */
export function listedClasses<Described extends Readonly<{ classes: readonly string[] }>>(described: Described) {
  const { length } = described.classes;
  if (length <= MAX_LISTED_CLASSES) return { described };
  return { described: { ...described, classes: described.classes.slice(0, MAX_LISTED_CLASSES) }, classCount: length };
}
