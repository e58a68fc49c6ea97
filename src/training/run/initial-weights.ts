/** Initial weights of a run that starts from a checkpoint or a model instead of random numbers. */
import type { StartSpec } from '../../contracts/jobs/starting-point.js';
import { TrainyardError } from '../../errors/errors.js';
import { elements, type Shape } from '../../graph/graph.js';
import { outputsFirstShape, outputsLast } from '../../graph/kernels.js';
import type { CheckpointTensors } from '../../store/checkpoints.js';
import type { Program } from '../step/program.js';

/** `fresh`: names of the weights that keep their random values. */
export type InitialWeights = Readonly<{ values: ReadonlyMap<string, Float32Array>; fresh: readonly string[] }>;

/**
 * Returns the values that a program takes over from `tensors`: its whole state if the run continues another, else the weights
 * alone. `beginsPhase`: the run continues at the first step of a phase. A model stores its weights in PyTorch's layout, a checkpoint in ours.
 *
 * Throws `start_corrupt` if a tensor is missing or has another shape. Two differences are allowed if the spec says so:
 * the last layer, of this name, may be new (`head: 'new'`; it keeps its random values), and the first convolution may have three input
 * channels instead of one (`input: 'summed'`).
 */
export function initialWeights(
  { mode, head, input, model }: StartSpec,
  tensors: CheckpointTensors,
  program: Pick<Program, 'shapes' | 'stateShapes'>,
  lastLayer: string,
  beginsPhase = false,
): InitialWeights {
  const wanted = mode === 'continue' ? stateOf(program, beginsPhase) : program.shapes;
  const values = new Map<string, Float32Array>();
  const fresh: string[] = [];
  for (const [name, shape] of wanted) {
    if (head === 'new' && name.startsWith(`${lastLayer}.`)) {
      fresh.push(name);
      continue;
    }
    const found = mode === 'continue' ? tensors.get(name) : averageOrWeight(tensors, name);
    const expected = model === undefined ? shape : outputsFirstShape(shape);
    if (found !== undefined && isSameShape(found.shape, expected)) {
      values.set(name, model === undefined ? found.values : outputsLast(found.values, shape));
    } else if (input === 'summed' && hasColorInput(found?.shape, expected) && found !== undefined) {
      values.set(name, outputsLast(sumOverInputs(found), shape));
    } else throw mismatch(name, expected, found?.shape);
  }
  return { values, fresh };
}

/** Returns the shapes of the whole state; at the beginning of a phase without the optimizer's slots, which are empty there. */
function stateOf({ shapes, stateShapes }: Pick<Program, 'shapes' | 'stateShapes'>, beginsPhase: boolean) {
  const isWeight = (name: string) => shapes.has(name.replace(/\.average$/, ''));
  return beginsPhase ? new Map([...stateShapes].filter(([name]) => isWeight(name))) : stateShapes;
}

type Weight = Readonly<{ shape: readonly number[]; values: Float32Array }>;

/** Returns a weight's average if the run kept one: averages are scored and saved instead of the weights. */
const averageOrWeight = (tensors: CheckpointTensors, name: string) =>
  tensors.get(`${name}.average`) ?? tensors.get(name);

/** Returns whether a convolution in PyTorch's layout has three input channels and one is expected. */
const hasColorInput = (found: readonly number[] | undefined, [outputs = 0, inputs, ...window]: Shape): boolean =>
  found !== undefined && inputs === 1 && found.join() === [outputs, 3, ...window].join();

/** Outputs × inputs × height × width → outputs × 1 × height × width. */
function sumOverInputs({ shape: [outputs = 0, inputs = 0, ...window], values }: Weight): Float32Array {
  const pixels = elements(window);
  return Float32Array.from({ length: outputs * pixels }, (_, i) => {
    const first = Math.floor(i / pixels) * inputs * pixels + (i % pixels);
    return Array.from({ length: inputs }, (_, input) => values[first + input * pixels] ?? 0).reduce((a, b) => a + b);
  });
}

const isSameShape = (one: readonly number[], other: Shape): boolean =>
  one.join() === other.join() && elements(one) === elements(other);

function mismatch(name: string, expected: Shape, found: readonly number[] | undefined): TrainyardError {
  const fault = found === undefined ? 'is missing' : `has shape [${found}], not [${expected}]`;
  return new TrainyardError('start_corrupt', `The starting point does not fit the job's network: "${name}" ${fault}.`);
}
