/** Class lists of the versions of a model: all versions of a name answer with the same classes. */
import type { ModelManifest } from './model.js';

/**
 * Returns why a model with these classes cannot become the next version of a name, as a message about its field `name`; undefined if
 * it can. `newest` is the newest version. The order counts, because it is the order of the outputs.
 */
export function classesFault(
  newest: Pick<ModelManifest, 'name' | 'version' | 'classes'>,
  classes: readonly string[],
): string | undefined {
  const { name, version, classes: stored } = newest;
  const place = classes.findIndex((each, i) => each !== stored[i]);
  if (place === -1 && classes.length === stored.length) return undefined;
  const difference =
    classes.length === stored.length
      ? `"${stored[place]}" as class ${place + 1}, not "${classes[place]}"`
      : `${stored.length} classes, not ${classes.length}`;
  return `is ${name}, but ${name}@${version} has ${difference}, and all versions of a model have the same classes: name this one otherwise`;
}

/** Names that a message lists at most. */
const MAX_NAMED = 3;

/**
 * Returns how the classes of a data set differ from those of a model, as a clause about the data set. Undefined if both have the same
 * names, in any order.
 */
export function classSetFault(model: readonly string[], dataset: readonly string[]): string | undefined {
  const [known, present] = [new Set(model), new Set(dataset)];
  const extra = dataset.filter((name) => !known.has(name));
  const missing = model.filter((name) => !present.has(name));
  const parts = [
    ...(extra.length > 0 ? [`has ${listed(extra)}, which the model does not know`] : []),
    ...(missing.length > 0 ? [`lacks ${listed(missing)} of the model`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', and ');
}

/** Returns `the classes "a", "b", "c" and 4 more`. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name.slice(0, 100)));
  const more = names.length - shown.length;
  return `the ${names.length === 1 ? 'class' : 'classes'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
