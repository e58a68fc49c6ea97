/** Names of data sets and models that follow from the name of a file, a folder or an address. */

/** Ending of a file with weights. */
const WEIGHTS_ENDING = /\.(pth|pt|bin|safetensors)$/i;

/**
 * Returns a name that the service accepts: the last part of the path, without the ending that `ending` matches, at most
 * 64 characters. May be empty.
 */
export const defaultName = (path: string, ending: RegExp): string =>
  (path.split('/').at(-1) ?? '')
    .replace(ending, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64);

/** Returns the default name of the model in a file or at an address. May be empty. */
export const modelNameOf = (path: string): string => defaultName(path.replace(/[?#].*$/s, ''), WEIGHTS_ENDING);
