/** Names of weights as PyTorch's tools write them: under the prefixes of wrappers and of the models that contain the network. */
import { TrainyardError } from '../errors/errors.js';

/** Parts of names that wrappers put anywhere: DataParallel, torch.compile, FSDP, activation checkpointing. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
]);
/** Counter of `torch.optim.swa_utils.AveragedModel`, beside the weights. */
const IGNORED: ReadonlySet<string> = new Set(['n_averaged']);

/**
 * Returns the tensors under the names of the network. Takes wrappers off, and the one prefix under which the network's variables are,
 * as `model.` or `backbone.`. Throws `invalid_weights` if two tensors would have the same name, or several prefixes have all variables.
 */
export function unwrapNames<Tensor>(
  tensors: ReadonlyMap<string, Tensor>,
  variables: ReadonlySet<string>,
): Map<string, Tensor> {
  const named = withoutWrappers(tensors, variables);
  const prefix = prefixOf([...named.keys()], variables);
  if (prefix === '') return named;
  return renamed(named, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
}

function withoutWrappers<Tensor>(tensors: ReadonlyMap<string, Tensor>, variables: ReadonlySet<string>) {
  const kept = new Map([...tensors].filter(([name]) => !IGNORED.has(name) || variables.has(name)));
  return renamed(kept, (name) =>
    variables.has(name)
      ? name
      : name
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
      throw ambiguous(
        `"${name.slice(0, 100)}" and "${other.slice(0, 100)}" are both "${short.slice(0, 100)}" of the network`,
      );
    from.set(short, name);
    result.set(short, tensor);
  }
  return result;
}

/** Returns the prefix, with its dot, under which most of the network's variables are; empty if they are under none. */
function prefixOf(names: readonly string[], variables: ReadonlySet<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    for (let at = 0; at !== -1; at = nextPart(name, at)) {
      if (!variables.has(name.slice(at))) continue;
      const prefix = name.slice(0, at);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const whole = [...counts].filter(([, count]) => count === variables.size).map(([prefix]) => prefix);
  if (whole.length > 1) {
    const prefixes = whole.map((prefix) => (prefix === '' ? 'no prefix' : `"${prefix}"`)).join(' and ');
    throw ambiguous(`the network's weights are there more than once, under ${prefixes}: keep one of them`);
  }
  const [best] = [...counts].toSorted(([, a], [, b]) => b - a);
  return best?.[0] ?? '';
}

/** Returns where the part of a name after the next dot begins; -1 after the last. */
function nextPart(name: string, at: number): number {
  const dot = name.indexOf('.', at);
  return dot === -1 ? -1 : dot + 1;
}

const ambiguous = (fault: string): TrainyardError =>
  new TrainyardError('invalid_weights', `The names of the weights are ambiguous: ${fault}.`);
