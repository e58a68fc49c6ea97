/** Reverse-mode differentiation: one walk over the tape, from a scalar back to the variables. */
import { type Graph, reference, type Tensor, type Variable } from './graph.js';
import { cast, scale } from './ops.js';

/**
 * Returns d loss / d variable for each variable that the loss depends on, in the variable's shape and float32. The gradient of a
 * tensor that several operations read is the sum of their gradients. Nothing is built for operations behind which none of the variables
 * lies. A gradient of an input that no root needs may be built, but is never written or run.
 */
export function gradients(loss: Tensor, variables: readonly Variable[]): Map<Variable, Tensor> {
  const { graph } = loss;
  const dependent = dependentOn(variables, graph);
  const incoming = new Map<string, Tensor[]>([[reference(loss), [cast(graph.constant(1, 'float32'), loss.dtype)]]]);
  const total = (x: Tensor): Tensor | undefined => {
    const parts = incoming.get(reference(x));
    const [first] = parts ?? [];
    if (parts === undefined || first === undefined || parts.length === 1) return first;
    const sum = graph.op('AddN', parts, { T: x.dtype, N: parts.length }, x.shape);
    incoming.set(reference(x), [sum]);
    return sum;
  };
  for (const { output, inputs, backward } of [...graph.tape].reverse()) {
    const gradient = dependent.has(reference(output)) ? total(output) : undefined;
    if (gradient === undefined) continue;
    for (const [i, part] of backward(gradient).entries()) {
      const key = reference(inputs[i] ?? output);
      incoming.set(key, [...(incoming.get(key) ?? []), part]);
    }
  }
  const found = new Map<Variable, Tensor>();
  for (const variable of variables) {
    const gradient = total(variable.value);
    if (gradient !== undefined) found.set(variable, gradient);
  }
  return found;
}

/** Returns the names of the variables' values, and of all outputs on the tape that depend on them. */
function dependentOn(variables: readonly Variable[], { tape }: Graph): ReadonlySet<string> {
  const dependent = new Set(variables.map(({ value }) => reference(value)));
  for (const { output, inputs } of tape) {
    if (inputs.some((input) => dependent.has(reference(input)))) dependent.add(reference(output));
  }
  return dependent;
}

/** Added to the norm, as `torch.nn.utils.clip_grad_norm_` does. */
const NORM_EPSILON = 1e-6;

/**
 * Multiplies all gradients by min(1, limit / (norm + 1e-6)). The norm is the L2 norm of all gradients together (Pascanu et al. 2012,
 * arXiv:1211.5063). `limit` is greater than 0.
 */
export function clipByGlobalNorm(found: ReadonlyMap<Variable, Tensor>, limit: number): Map<Variable, Tensor> {
  const [first] = found.values();
  if (first === undefined) return new Map();
  const { graph, dtype: T } = first;
  const scalar = (type: string, ...inputs: Tensor[]) => graph.op(type, inputs, { T }, []);
  const halfSquares = [...found.values()].map((gradient) => scalar('L2Loss', gradient));
  const halfSum = graph.op('AddN', halfSquares, { T, N: halfSquares.length }, []);
  const norm = scalar('Sqrt', scale(halfSum, 2));
  const room = scalar('AddV2', norm, graph.constant(NORM_EPSILON, 'float32'));
  const share = scalar('RealDiv', graph.constant(limit, 'float32'), room);
  const factor = scalar('Minimum', share, graph.constant(1, 'float32'));
  return new Map(
    [...found].map(([variable, gradient]) => [variable, graph.op('Mul', [gradient, factor], { T }, variable.shape)]),
  );
}
