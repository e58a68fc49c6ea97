/** Reverse-mode differentiation: one walk of the tape, from a scalar back to the variables. */
import { reference, type Tensor, type Variable } from './graph.js';
import { cast } from './ops.js';

/**
 * d loss / d variable for each of the variables that the loss depends on, in its shape and dtype float32. A tensor used in several places gets
 * the sum of what comes back from each. Gradients that nothing asks for are built too, but never written or run.
 */
export function gradients(loss: Tensor, variables: readonly Variable[]): Map<Variable, Tensor> {
  const { graph } = loss;
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
    const gradient = total(output);
    if (gradient === undefined) continue;
    for (const [i, part] of backward(gradient).entries()) {
      const key = reference(inputs[i] ?? output);
      incoming.set(key, [...(incoming.get(key) ?? []), part]);
    }
  }
  return new Map(
    variables.flatMap((variable) => {
      const gradient = total(variable.value);
      return gradient === undefined ? [] : [[variable, gradient] as const];
    }),
  );
}
