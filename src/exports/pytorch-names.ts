/** Names of weights in a file: removes wrappers and prefixes of models that contain the network, and renames those of other libraries. */
import { TrainyardError } from '../errors/errors.js';
import { canonicalName } from './recognition/canonical-names.js';

/** Name parts that wrappers insert: DataParallel, torch.compile, FSDP, activation checkpointing. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
]);
/** Counter that `torch.optim.swa_utils.AveragedModel` adds to the weights. */
const IGNORED: ReadonlySet<string> = new Set(['n_averaged']);

/** Returns the tensors under torchvision's names, without wrappers. Throws `invalid_weights` if two tensors would get the same name. */
export function canonicalNames<Tensor>(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const named = withoutWrappers(tensors);
  return renamed(named, canonicalName(named.keys()));
}

/**
 * Returns the tensors under the names of the network. Removes the prefix of the network's variables, such as `model.` or `backbone.`.
 * Throws `invalid_weights` if several prefixes have all variables.
 */
export function withoutPrefix<Tensor>(named: Map<string, Tensor>, variables: ReadonlySet<string>): Map<string, Tensor> {
  const prefix = prefixOf([...named.keys()], variables);
  if (prefix === '') return named;
  return renamed(named, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
}

function withoutWrappers<Tensor>(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const kept = new Map([...tensors].filter(([name]) => !IGNORED.has(name)));
  return renamed(kept, (name) =>
    name
      .split('.')
      .filter((part) => !WRAPPERS.has(part))
      .join('.'),
  );
}

function renamed<Tensor>(tensors: ReadonlyMap<string, Tensor>, rename: (name: string) => string): Map<string, Tensor> {
  const result = new Map<string, Tensor>();
  const from = new Map<string, string>();
  for (const [name, tensor] of tensors) {
    const short = rename(name);
    const other = from.get(short);
    if (other !== undefined)
      throw ambiguous(`"${name.slice(0, 100)}" and "${other.slice(0, 100)}" both mean "${short.slice(0, 100)}"`);
    from.set(short, name);
    result.set(short, tensor);
  }
  return result;
}

/** Returns the prefix, with its dot, of most of the network's variables; empty if there is none. */
function prefixOf(names: readonly string[], variables: ReadonlySet<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    for (let at = 0; at !== -1; at = nextPart(name, at)) {
      if (!variables.has(name.slice(at))) continue;
      const prefix = name.slice(0, at);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const complete = [...counts].filter(([, count]) => count === variables.size).map(([prefix]) => prefix);
  if (complete.length > 1) {
    const prefixes = complete.map((prefix) => (prefix === '' ? 'no prefix' : `"${prefix}"`)).join(' and ');
    throw ambiguous(`the network's weights occur more than once, under ${prefixes}: keep one of them`);
  }
  const [best] = [...counts].toSorted(([, a], [, b]) => b - a);
  return best?.[0] ?? '';
}

/** Returns the index after the next dot of a name; -1 if there is none. */
function nextPart(name: string, at: number): number {
  const dot = name.indexOf('.', at);
  return dot === -1 ? -1 : dot + 1;
}

const ambiguous = (fault: string): TrainyardError =>
  new TrainyardError('invalid_weights', `The names of the weights are ambiguous: ${fault}.`);
