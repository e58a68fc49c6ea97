/** Names of folders that mean the training, validation or test split. */

export type SplitRole = 'train' | 'validation' | 'test';

const NAMES: Readonly<Record<SplitRole, readonly string[]>> = {
  train: ['train', 'training', 'trn', 'learn', 'learning'],
  validation: ['val', 'valid', 'validation', 'validate', 'validating', 'vld', 'dev', 'devel', 'development'].concat([
    'eval',
    'evaluation',
    'evaluate',
    'holdout',
    'heldout',
  ]),
  test: ['test', 'testing', 'tests', 'tst'],
};

const roles = new Map(
  Object.entries(NAMES).flatMap(([role, names]) => names.map((name) => [name, role as SplitRole] as const)),
);

/** Words in a folder's name that do not change its meaning. */
const FILLERS =
  /^(the|my|x|set|sets|data|dataset|datasets|split|folder|dir|all|images?|imgs?|pictures?|pics?|photos?|samples?|\d+)$/;
const ENDINGS = /(set|data|split|images?|imgs?)$/;

/**
 * Returns the split that a folder's name means: `Train`, `TRAINING`, `train_set`, `images-train`, `TrainData` and `train2017` all
 * mean `train`. Undefined for any other name.
 */
export function roleOf(folder: string): SplitRole | undefined {
  const words = wordsOf(folder);
  const [only = ''] = words;
  return words.length === 1 ? (roles.get(only) ?? roles.get(only.replace(ENDINGS, ''))) : undefined;
}

/** Finds the name of a split among other words: `seg_train` is `train` of `seg`, `testA` is `test` of `a`. */
export function partialRoleOf(folder: string): Readonly<{ role: SplitRole; rest: string }> | undefined {
  const words = wordsOf(folder);
  const at = words.findIndex((word) => roles.has(word));
  const role = roles.get(words[at] ?? '');
  return role === undefined || words.length < 2 ? undefined : { role, rest: words.toSpliced(at, 1).join(' ') };
}

/** Splits a name into its lower-case words, without fillers. */
const wordsOf = (folder: string): string[] =>
  folder
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\d+)/g, ' $1 ')
    .toLowerCase()
    .replaceAll(/held[ _-]out/g, 'heldout')
    .replaceAll(/hold[ _-]out/g, 'holdout')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !FILLERS.test(word));
