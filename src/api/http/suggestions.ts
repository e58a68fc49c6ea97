/** Suggestions for misspelled and misplaced field names and for values that are close to allowed ones. */
import { didYouMean, MAX_SUGGESTIONS, nearest, normalized } from '../../spelling/nearest-words.js';

/** The parts of a JSON Schema that suggestions read. */
export type SuggestionSchema = Readonly<{
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly SuggestionSchema[];
  properties?: Readonly<Record<string, SuggestionSchema>>;
}>;

/** Names from other libraries, without case and separators, for fields that edit distance does not find. */
const SYNONYMS: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  wd: 'weightDecay',
  bs: 'batchSize',
  numepochs: 'epochs',
  nepochs: 'epochs',
  arch: 'network',
  architecture: 'network',
  model: 'network',
  dropout: 'dropRate',
  size: 'resize',
  imagesize: 'resize',
  inputsize: 'resize',
  randomseed: 'seed',
  randomstate: 'seed',
  betas: 'beta1',
  gradclip: 'gradientClipNorm',
  scheduler: 'schedule',
  optim: 'optimizer',
  dtype: 'precision',
  valsplit: 'validationSamples',
  topn: 'topK',
};

/** Returns where an unknown field at `path` may belong: similar names beside it, or dotted paths of the whole schema that end in its name. */
export function suggestFields(path: readonly string[], siblings: readonly string[], root: SuggestionSchema): string[] {
  const name = path.at(-1) ?? '';
  const synonym = SYNONYMS[normalized(name)];
  if (synonym !== undefined && siblings.includes(synonym)) return [synonym];
  const near = nearest(name, siblings);
  if (synonym === undefined && near.length > 0) return near;
  const wanted = normalized(synonym ?? name);
  const own = path.join('.');
  const paths = fieldPaths(root).filter((each) => each !== own && normalized(each.split('.').at(-1) ?? '') === wanted);
  return paths.length > 0 ? paths.slice(0, MAX_SUGGESTIONS) : near;
}

const pathsOfSchemas = new WeakMap<SuggestionSchema, readonly string[]>();

/** Returns the dotted paths of all fields of a schema and of the objects in it, as `optimizer.learningRate`. */
function fieldPaths(schema: SuggestionSchema): readonly string[] {
  const known = pathsOfSchemas.get(schema);
  if (known !== undefined) return known;
  const paths = Object.entries(propertiesOf(schema)).flatMap(([name, inner]) => [
    name,
    ...Object.keys(propertiesOf(inner)).map((innerName) => `${name}.${innerName}`),
  ]);
  pathsOfSchemas.set(schema, paths);
  return paths;
}

/** Returns the properties of an object schema, or of all branches of a union. */
function propertiesOf({ properties = {}, anyOf = [] }: SuggestionSchema): Record<string, SuggestionSchema> {
  const all = { ...properties };
  for (const branch of anyOf) {
    for (const [name, inner] of Object.entries(propertiesOf(branch))) {
      const before = all[name];
      all[name] = before === undefined ? inner : { anyOf: [before, inner] };
    }
  }
  return all;
}

/**
 * Returns a JSON object for a value that is an option of a branch and not its tag: for the tag `network` and the value `resnet18`,
 * `{"network":"resnet","networkOptions":{"variant":"resnet18"}}`. Undefined if no branch has such an option.
 */
export function suggestOption(tag: string, value: string, branches: readonly SuggestionSchema[]): string | undefined {
  for (const { properties = {} } of branches) {
    for (const [field, { properties: options = {} }] of Object.entries(properties)) {
      for (const [option, { enum: values = [] }] of Object.entries(options)) {
        const found = values.find((each) => normalized(String(each)) === normalized(value));
        if (found !== undefined && properties[tag]?.const !== undefined)
          return JSON.stringify({ [tag]: properties[tag].const, [field]: { [option]: found } });
      }
    }
  }
  return undefined;
}

/** Returns `. Did you mean a or b?`; empty without suggestions. */
export function hintOf(suggestions: readonly string[]): string {
  const question = didYouMean(suggestions);
  return question === undefined ? '' : `. ${question}`;
}
